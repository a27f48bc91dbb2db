# shellcheck shell=dash
#
# hammer.sh - several processes write good and bad lines to the debugfs files at once: no invariant
# breaks, and all memory is freed in the end.
#
# prefers: um-*-debug um-* *
# memory: 1G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=16M
free_pages() { awk '/^pages_(free|pcp)/ { n += $2 } END { print n }' $carve/stats; }
echo 1 >$carve/drain
at_first=$(free_pages)

# Number of rounds of each process.
rounds=4

# allocate NUMBER: write good and bad lines that vary with the round and the process.
allocate() {
	for round in $(seq $rounds); do
		while read -r line; do
			echo "$line" >$carve/alloc
		done <<-LINES
			pages $((round % 7))
			pages 0 GFP_ATOMIC|__GFP_ZERO x20
			exact $((round * 3000)) x2
			kmalloc $((round * 77)) GFP_NOWAIT x30
			kmalloc 64K
			cache_create c$1-$((round % 3)) $((round * 40))
			cache_alloc c1-0 x20
			cache_alloc c2-$((round % 3)) GFP_ATOMIC x5
			vmalloc $((round * 9))K x3
			vzalloc 1
			pages 0 x65536
			kmalloc 1000 x$((round * 100))
			pages 99
			nonsense $round
		LINES
	done
}

release() {
	for round in $(seq $rounds); do
		while read -r line; do
			echo "$line" >$carve/free
		done <<-LINES
			$((round * 3))
			$((round * 20))-$((round * 20 + 7))
			cache c1-$((round % 3))
			cache c2-$((round % 3))
			1-18446744073709551615
			nonsense
		LINES
		[ $((round % 4)) != 0 ] || echo all >$carve/free
		echo 1 >$carve/drain
		echo 1 >$carve/shrink
	done
}

look() {
	for round in $(seq $rounds); do
		for file in alloc free drain shrink bootmem buddyinfo handles allocations pagemap \
			slab_debug slab_users slabinfo stats stats.json validate vmallocinfo zoneinfo; do
			cat $carve/$file
		done
	done
}

noise() {
	for round in $(seq $rounds); do
		for file in alloc free drain shrink slab_debug; do
			head -c $((round * 11 % 300 + 1)) /dev/urandom >$carve/$file
			head -c 200 /dev/urandom | tr -dc 'a-z0-9 |_-' | head -c $((round * 5)) >$carve/$file
			head -c $((round * 400)) /dev/zero >$carve/$file
		done
	done
}

debug_caches() {
	for round in $(seq $rounds); do
		while read -r line; do
			echo "$line" >$carve/slab_debug
		done <<-LINES
			FZPUQ kmalloc-*
			U c1-*
			quarantine $((round * 1000))
			Z *
			nonsense $round
			- c*
			FZPU c*-$((round % 3))
			- *
		LINES
	done
}

# A cache that exists all the time pins the module.
check 'a cache is created' put 'cache_create keep 8' alloc

allocate 1 2>/dev/null &
allocate 2 2>/dev/null &
release 2>/dev/null &
debug_caches 2>/dev/null &
noise 2>/dev/null &
look >/tmp/seen 2>/dev/null &
for round in $(seq $rounds); do
	rmmod carveout 2>/dev/null && break
done
wait
must 'the module could not be unloaded in use' [ -d $carve ]
check "the files had contents ($(wc -l </tmp/seen) lines)" [ "$(wc -l </tmp/seen)" -gt $((rounds * 100)) ]
check 'validate found no violation meanwhile' [ "$(grep -cx ok /tmp/seen)" -ge $rounds ]
unlike 'no invariant was broken meanwhile' "$(cat /tmp/seen)" '^[0-9]+ violations$'
unlike 'no kernel address was shown meanwhile' "$(cat /tmp/seen)" '(^|[^0-9a-f])ff[0-9a-f]{14}'
same 'no invariant is broken afterwards' "$(tail -n 1 $carve/validate)" ok

check 'all handles are freed' put all free
unlike 'object debugging found no corruption' "$(awk '/^[^#]/ {
	for (i = 5; i <= NF; i++) n += $i } END { print n }' $carve/slab_debug)" '^[1-9]'
awk '/^(keep|c[12]-)/ { print $1 }' $carve/slabinfo >/tmp/caches
while read -r cache; do
	check "cache $cache is destroyed" put "cache $cache" free
done </tmp/caches
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
echo 1 >$carve/shrink
same 'every page is free again' "$(free_pages)" "$at_first"
check 'the module unloads' unload
check_leaks
