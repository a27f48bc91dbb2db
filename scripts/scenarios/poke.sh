# shellcheck shell=dash
#
# poke.sh - every debugfs file: who may use it, what good and bad lines do, and that what is
# taken comes back.
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'it loads' load size=64M
must 'it has a directory in debugfs' [ -d $carve ]

readable='bench.json bootmem buddyinfo extfrag_index handles owners pagemap pagetypeinfo pairs
slab_users slabinfo stats stats.json unusable_index user validate vmallocinfo zoneinfo'
writable='age alloc bench caches drain free fuzz min_free_kbytes shrink shuffle slab_debug stores
vmap_eager vmap_keep_kbytes wait_ms'

mode() { stat -c %a "$carve/$1"; }
for file in $readable; do same "$file is 0400" "$(mode "$file")" 400; done
for file in $writable; do same "$file is 0600" "$(mode "$file")" 600; done
# shellcheck disable=SC2012 # names are plain
same 'there are no other files' "$(ls $carve | tr '\n' ' ')" \
	"$(echo "$readable $writable" | tr ' ' '\n' | sort | tr '\n' ' ')"

# sound WHEN: all invariants hold.
sound() { same "validate is content $1" "$(tail -n 1 $carve/validate)" ok; }
sound 'at first'

# free_pages: as the buddy lists count them, all zones together.
free_pages() {
	awk '{ n = 0; for (i = NF; i >= 5; i--) n = 2 * n + $i; sum += n } END { print sum }' \
		$carve/buddyinfo
}
echo 1 >$carve/drain
at_first=$(free_pages)
check "buddyinfo counts free pages ($at_first)" [ "$at_first" -gt 15000 ]

# does LINE REPLY, refuses LINE REASON
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
sound 'with all that taken'
like 'slabinfo lists the cache' "$(cat $carve/slabinfo)" '^foo +100 +[0-9]+ +192 '
like 'vmallocinfo lists the area' "$(cat $carve/vmallocinfo)" ' pages=256'
check 'fewer pages are free' [ "$(free_pages)" -lt $((at_first - 1200)) ]

refuses ''                   '.'
refuses 'nonsense'           'nonsense'
refuses 'pages'              'order'
refuses 'pages x'            'order|x'
refuses 'pages -1'           'order|-1'
refuses 'pages 99'           'order|99'
refuses 'pages 0 GFP_NEVER'  'GFP_NEVER'
refuses 'pages 0 x0'         'x0|times|count'
refuses 'kmalloc'            'size'
refuses 'kmalloc junk'       'size|junk'
refuses 'kmalloc 1G'         '.'
refuses 'vmalloc 0'          '.'
refuses 'vmalloc 1G'         '.'
refuses 'cache_create'       'name'
refuses 'cache_create foo 192' 'foo|exist'
refuses 'cache_create baz'   'size'
refuses 'cache_create baz 64 3' 'align'
refuses 'cache_alloc nobody' 'nobody|no cache'
refuses '0'                  '.'    free
refuses '99999'              '99999|no (such )?handle' free
refuses 'cache nobody'       'nobody|no cache' free
refuses 'cache foo'          'foo|object|use' free
sound 'after bad lines'

# Reading bench runs all cases if none has run, which would take minutes where all is checked.
for line in 'run nobody' 'run kmalloc_pair none' 'walk' 'run sizes=' 'run sizes=64,x' 'run cpus=0' \
	'run cpus=99999' 'run batches=0' 'run layer=nobody' 'run what=slab' \
	'run engine=of-a-name-that-is-far-too-long-for-anything'; do
	check "bench refuses '$line'" eval "! echo '$line' 2>/dev/null >$carve/bench"
done
check 'a short benchmark runs' put 'run kmalloc_pair 5' bench
like 'and shows its figures' "$reply" '^kmalloc +kmalloc_pair +64 +1 +kmalloc( +[0-9.]+){7}$'
check 'one of chosen size runs' put 'run case=kmalloc_pair sizes=192,3000000,0 batches=5 engine=any' bench
same 'sizes beyond reason are left out' "$(echo "$reply" | grep -c '^kmalloc ')" 1
like 'and it is said what it ran on' "$reply" '^# kernel .* engine any$'
check 'one on all processors runs' put "run slab_pair cpus=$(grep -c '^processor' /proc/cpuinfo) batches=5" bench
check 'a layer runs' put 'run layer=carveout sizes=16 batches=1' bench
like 'and shows how long a carveout takes to make' "$reply" '^carveout +carveout_create +16 '
check 'the worst in a fragmented carveout is found' put 'run page_atomic_worst' bench
echo small:8M >$debug/create
carve=$debug/small
check 'a carveout may be too small for that' put 'run page_atomic_worst' bench
same 'which is left out then' "$(echo "$reply" | grep -c '^page ')" 0
carve=$debug/default
check 'and leaves nothing there' eval "echo small >$debug/remove"
# One block of 16 pages is free, or in the store of a processor that holds on until the other has
# looked for it there, too.
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
check 'one on all processors has an end where memory is short' \
	put "run page cpus=$(grep -c '^processor' /proc/cpuinfo) sizes=4 batches=1" bench
put all free
carve=$debug/default
check 'and leaves nothing behind' eval "echo meant-to-fail >$debug/remove"
sound 'after benchmarks'

# Kernel addresses on x86-64 have sixteen digits and begin with ff.
for file in $readable bench alloc; do
	unlike "$file shows no kernel address" "$(cat "$carve/$file")" '(^|[^0-9a-f])ff[0-9a-f]{14}'
done

handles=$(grep -c '^[0-9]' $carve/handles)
check "handles are listed ($handles)" [ "$handles" -ge 170 ]
first=$(awk '/^[0-9]/ { print $1; exit }' $carve/handles)
check 'one is freed' put "$first" free
refuses "$first" '.' free
check 'all others are freed' put all free
check 'a cache is destroyed' put 'cache foo' free
check 'and the other' put 'cache bar' free
same 'no handle is left' "$(grep -c '^[0-9]' $carve/handles)" 0
check 'per-CPU stores are drained' put 1 drain
check 'empty slabs are given back' put 1 shrink
check 'and their pages drained, too' put 1 drain
refuses 'perhaps' '.' drain
refuses 'perhaps' '.' shrink
sound 'in the end'
check "all pages are free again ($(free_pages))" [ "$(free_pages)" -ge $((at_first - 16)) ]

check 'it unloads' unload
check_leaks
