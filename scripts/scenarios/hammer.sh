# shellcheck shell=dash
#
# hammer.sh - many at the debugfs files at once, with good lines and with nonsense: nothing breaks,
# and what was taken comes back.
#
# beside um: um-*
# memory: 1G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'it loads' load size=16M
free_pages() { awk '/^pages_(free|stored)/ { n += $2 } END { print n }' $carve/stats; }
echo 1 >$carve/drain
at_first=$(free_pages)

# Each of these does its part for so many rounds.
rounds=4

# What a user would write, and what none should, from a table by round and worker.
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
		for file in alloc free drain shrink bootmem buddyinfo handles owners pagemap \
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

# Held all the time, so that the module must stay.
check 'a cache is made' put 'cache_create keep 8' alloc

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
must 'nobody could unload it under them' [ -d $carve ]
check "they were told things ($(wc -l </tmp/seen) lines)" [ "$(wc -l </tmp/seen)" -gt $((rounds * 100)) ]
unlike 'no invariant was broken meanwhile' "$(cat /tmp/seen)" '^[0-9]+ violations$'
unlike 'nor a kernel address shown' "$(cat /tmp/seen)" '(^|[^0-9a-f])ff[0-9a-f]{14}'
same 'none is broken afterwards' "$(tail -n 1 $carve/validate)" ok

check 'all handles are freed' put all free
unlike 'nothing was found that debugging looks for' "$(awk '/^[^#]/ {
	for (i = 5; i <= NF; i++) n += $i } END { print n }' $carve/slab_debug)" '^[1-9]'
awk '/^(keep|c[12]-)/ { print $1 }' $carve/slabinfo >/tmp/caches
while read -r cache; do
	check "cache $cache is destroyed" put "cache $cache" free
done </tmp/caches
same 'nothing has an owner' "$(cat $carve/owners)" 'nothing is allocated'
echo 1 >$carve/shrink
same 'every page is free again' "$(free_pages)" "$at_first"
check 'it unloads' unload
check_leaks
