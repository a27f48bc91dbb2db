# shellcheck shell=dash
#
# debugfs.sh - checks every debugfs file: its mode, the replies to good and bad lines, and that all
# memory is freed in the end.
# prefers: 6* 7* um-*
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=64M
must 'the carveout has a directory in debugfs' [ -d $carve ]

readable='bench.json bootmem buddyinfo extfrag_index handles allocations pagemap pagetypeinfo pairs
slab_users slabinfo stats stats.json unusable_index user validate vmallocinfo zoneinfo'
writable='age alloc bench caches drain free fuzz min_free_kbytes shrink shuffle slab_debug pcp
user_object_kbytes user_uid_kbytes vmap_eager vmap_keep_kbytes wait_ms'

mode() { stat -c %a "$carve/$1"; }
for file in $readable; do same "$file is 0400" "$(mode "$file")" 400; done
for file in $writable; do same "$file is 0600" "$(mode "$file")" 600; done
# shellcheck disable=SC2012 # names are plain
same 'there are no other files' "$(ls $carve | tr '\n' ' ')" \
	"$(echo "$readable $writable" | tr ' ' '\n' | sort | tr '\n' ' ')"

# sound WHEN: check that all invariants hold.
sound() { same "validate finds no violation $1" "$(tail -n 1 $carve/validate)" ok; }
sound 'at first'

# free_pages: print the number of pages in the buddy lists of all zones.
free_pages() {
	awk '{ n = 0; for (i = NF; i >= 5; i--) n = 2 * n + $i; sum += n } END { print sum }' \
		$carve/buddyinfo
}
echo 1 >$carve/drain
at_first=$(free_pages)
check "buddyinfo counts free pages ($at_first)" [ "$at_first" -gt 15000 ]

# Read all files, as grep -r does, while another process allocates without blocking.
taken() { for key in pages_used pcp_refills failed_allocations bad_frees; do stat_of $key; done; }
taken_before=$(taken)
grep -r nothing-has-this "$carve" >/dev/null 2>"$errors" &
reader=$!
failed=0
while kill -0 $reader 2>/dev/null; do
	if put 'exact 16M GFP_NOWAIT|__GFP_NOWARN' alloc; then
		put "${reply#handle }" free
	else
		failed=$((failed + 1))
	fi
done
wait $reader
same 'reading all files is no error' "$(cat "$errors")" ''
same 'no allocation fails meanwhile' $failed 0
same 'reading all files takes no memory' "$(taken)" "$taken_before"
like 'reading bench does not run the benchmark' "$(cat $carve/bench)" '^nothing was timed yet: '
same 'nor does reading bench.json' "$(sed -n '/"results"/,$p' $carve/bench.json)" '"results":[
]}'

# does LINE REPLY, refuses LINE REASON [FILE]: write the line and match the reply.
does() {
	put "$1" alloc || not_ok "'$1' is taken: $(cat "$errors")"
	like "'$1' gives a handle" "$reply" "$2"
}
refuses() {
	if put "$1" "${3:-alloc}"; then not_ok "'$1' is refused"; else ok "'$1' is refused"; fi
	like "'$1' says why" "$reply" "^error: .*($2)"
}

one='^handle [0-9]+$' many='^handles [0-9]+-[0-9]+$'
does 'pages 0'               "$one"
does 'pages 3'               "$one"
does 'pages 10 GFP_KERNEL'   "$one"
does 'pages 0 GFP_ATOMIC'    "$one"
does 'pages 1 x10'           "$many"
does 'exact 20K'             "$one"
does 'kmalloc 100'           "$one"
does 'kmalloc 100 GFP_ATOMIC x50' "$many"
does 'kmalloc 64K'           "$one"
does 'cache_create foo 192'  '^cache foo$'
does 'cache_create bar 40 64' '^cache bar$'
does 'cache_alloc foo x100'  "$many"
does 'cache_alloc bar GFP_KERNEL' "$one"
does 'vmalloc 1M'            "$one"
does 'vzalloc 5000'          "$one"
sound 'while all that is allocated'
like 'slabinfo lists the cache' "$(cat $carve/slabinfo)" '^foo +100 +[0-9]+ +192 '
like 'vmallocinfo lists the area' "$(cat $carve/vmallocinfo)" ' pages=256'
check 'fewer pages are free' [ "$(free_pages)" -lt $((at_first - 1200)) ]

refuses ''                   'an empty line'
refuses 'nonsense'           'unknown word "nonsense"'
refuses 'pages'              'the order is missing'
refuses 'pages x'            'order "x" is not a number from 0 to'
refuses 'pages -1'           'order "-1" is not a number from 0 to'
refuses 'pages 99'           'order "99" is not a number from 0 to'
refuses 'pages 0 GFP_NEVER'  'unknown flag "GFP_NEVER"'
refuses 'pages 0 x0'         'count "x0" is not from x1 to'
refuses 'kmalloc'            'the size is missing'
refuses 'kmalloc junk'       'size "junk" is not a number of bytes'
refuses 'kmalloc 1G'         'size "1G" is not from [01] to [0-9]+ bytes'
refuses 'vmalloc 0'          'size "0" is not from 1 to [0-9]+ bytes'
refuses 'vmalloc 1G'         'size "1G" is not from [01] to [0-9]+ bytes'
refuses 'cache_create'       "the cache's name is missing"
refuses 'cache_create foo 192' 'cache "foo" exists already'
refuses 'cache_create baz'   'the size is missing'
refuses 'cache_create baz 64 3' 'alignment "3" is not a power of two'
refuses 'cache_alloc nobody' 'no cache "nobody" was made here'
refuses '0'                  'no handle 0' free
refuses '99999'              'no handle 99999' free
refuses 'cache nobody'       'no cache "nobody" was made here' free
refuses 'cache foo'          'cache foo has 100 objects in use' free
sound 'after bad lines'

for line in 'run nobody' 'run kmalloc_pair none' 'walk' 'run sizes=' 'run sizes=64,x' 'run cpus=0' \
	'run cpus=99999' 'run batches=0' 'run layer=nobody' 'run what=slab' \
	'run engine=of-a-name-that-is-far-too-long-for-anything'; do
	check "bench refuses '$line'" eval "! echo '$line' 2>/dev/null >$carve/bench"
done
check 'a short benchmark runs' put 'run kmalloc_pair 5 sizes=64' bench
like 'it shows figures for kmalloc_pair' "$reply" '^kmalloc +kmalloc_pair +64 +1 +kmalloc( +[0-9.]+){7}$'
check 'a benchmark of chosen sizes runs' put 'run case=kmalloc_pair sizes=192,3000000,0 batches=5 engine=any' bench
same 'sizes that are too large are left out' "$(echo "$reply" | grep -c '^kmalloc ')" 1
like 'it shows the kernel and the engine' "$reply" '^# kernel .* engine any$'
check 'a benchmark on all CPUs runs' put "run slab_pair cpus=$(grep -c '^processor' /proc/cpuinfo) batches=5" bench
like 'it shows the kernel configuration' "$reply" \
	'^# config: .* JUMP_LABEL=. MEM_ALLOC_PROFILING=. KFENCE=. RANDOM_KMALLOC_CACHES=. NUMA=.'
check 'a benchmark of 200 batches runs' put 'run empty_loop 200' bench
first=$(sed -n 's/.*"batches":200,"carve_first":\([0-9]*\),.*/\1/p' $carve/bench.json)
check "carveout comes first in at least 50 of them ($first of 200)" [ "${first:-0}" -ge 50 ]
check 'and in at most 150 of them' [ "${first:-200}" -le 150 ]
check 'a benchmark of mempools runs' put 'run mempool_pair 5' bench
like 'it shows figures for mempool_pair' "$reply" '^slab +mempool_pair +64 +1 +mempool( +[0-9.]+){7}$'
check 'a benchmark of one layer runs' put 'run layer=carveout sizes=16 batches=1' bench
like 'it shows the time to create a carveout' "$reply" '^carveout +carveout_create +16 '
check 'the worst case in a fragmented carveout runs' put 'run page_atomic_worst' bench
echo small:1M >$debug/create
carve=$debug/small
check 'it runs in a carveout that is too small for it' put 'run page_atomic_worst' bench
same 'and the case is left out there' "$(echo "$reply" | grep -c '^page ')" 0
carve=$debug/default
check 'it leaves no allocation there' eval "echo small >$debug/remove"
# Free one block of 16 pages: all CPUs need it at once, and each waits until the others have
# looked for one in its pcp, too.
echo meant-to-fail:4M >$debug/create
carve=$debug/meant-to-fail
put 0 min_free_kbytes
put 0 wait_ms
put 'pages 4 GFP_NOWAIT|__GFP_NOWARN' alloc
block=${reply#handle }
for order in 9 8 7 6 5 4 3 2 1 0; do
	while put "pages $order GFP_NOWAIT|__GFP_NOWARN" alloc; do :; done
done
put "$block" free
check 'a benchmark on all CPUs ends when memory is short' \
	put "run page cpus=$(grep -c '^processor' /proc/cpuinfo) sizes=4 batches=1" bench
put all free
carve=$debug/default
check 'it leaves no allocation behind' eval "echo meant-to-fail >$debug/remove"
sound 'after benchmarks'

# Kernel addresses on x86-64 have sixteen digits and begin with ff.
for file in $readable bench alloc; do
	unlike "$file shows no kernel address" "$(cat "$carve/$file")" '(^|[^0-9a-f])ff[0-9a-f]{14}'
done

handles=$(grep -c '^[0-9]' $carve/handles)
check "handles are listed ($handles)" [ "$handles" -ge 170 ]
first=$(awk '/^[0-9]/ { print $1; exit }' $carve/handles)
check 'one handle is freed' put "$first" free
refuses "$first" "no handle $first" free
check 'all other handles are freed' put all free
check 'a cache is destroyed' put 'cache foo' free
check 'the other cache is destroyed' put 'cache bar' free
same 'no handle is left' "$(grep -c '^[0-9]' $carve/handles)" 0
check 'pcp are drained' put 1 drain
check 'empty slabs are freed' put 1 shrink
check 'pcp are drained again' put 1 drain
refuses 'perhaps' 'unknown word "perhaps": write 1' drain
refuses 'perhaps' 'unknown word "perhaps": write 1' shrink
sound 'in the end'
check "all pages are free again ($(free_pages))" [ "$(free_pages)" -ge $((at_first - 16)) ]

check 'the module unloads' unload
check_leaks
