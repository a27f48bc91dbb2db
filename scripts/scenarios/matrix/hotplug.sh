# shellcheck shell=dash
#
# hotplug.sh - takes CPUs offline and online under load: nothing in their pcp is lost.
#
# kernels: 6.12-debug 6.12-rt 7.2
# memory: 1G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

online=/sys/devices/system/cpu/cpu1/online
must 'CPU 1 can be taken offline' [ -w $online ]
must 'the module loads' load size=32M
managed=$(stat_of pages_managed)

# all_pages: print the sum of free pages, pages in pcp and pages in use: all managed pages.
all_pages() {
	awk '/^pages_(free|pcp|used|large|slab|area|cache_meta) / { n += $2 } END { print n }' \
		$carve/stats
}
same 'the counters agree at first' "$(all_pages)" "$managed"

# worker MASK: allocate and free in a loop, on the CPUs of the mask when they are online.
worker() {
	while [ ! -e /tmp/done ]; do
		taskset -p "$1" $$ >/dev/null 2>&1
		while read -r line; do
			echo "$line" >$carve/alloc
		done <<-LINES
			pages 0 x30
			pages 2 x5
			kmalloc 100 x60
			kmalloc 3000 GFP_ATOMIC x5
			cache_alloc load x40
			vmalloc 40K
		LINES
		echo all >$carve/free
		echo >>/tmp/rounds
	done 2>/dev/null
}

check 'a cache for the load is created' put 'cache_create load 200' alloc
worker 1 &
worker 2 &

for turn in 1 2 3 4 5 6; do
	sleep 0.5
	check "turn $turn: the CPU goes offline" eval "echo 0 >$online"
	sleep 0.3
	check "turn $turn: the CPU comes online" eval "echo 1 >$online"
done
settles 'there was load meanwhile' eval "[ \"\$(wc -l </tmp/rounds)\" -ge 12 ]"
# Again with full pcp, while no worker fills or empties them.
touch /tmp/done
wait
put all free
same 'the counters agree afterwards' "$(all_pages)" "$managed"

# fill_pcp: fill the pcp of CPU 1
fill_pcp() {
	taskset 2 sh -c "for i in 1 2 3; do
		echo 'pages 0 x200' >$carve/alloc; echo 'kmalloc 64 x400' >$carve/alloc
		echo all >$carve/free
	done"
}
for turn in 1 2 3; do
	fill_pcp
	cached=$(stat_of pages_pcp)
	check "the pcp of the CPU have pages ($cached)" [ "$cached" -gt 0 ]
	echo 0 >$online
	check "pcp have fewer pages when it is offline ($(stat_of pages_pcp))" \
		[ "$(stat_of pages_pcp)" -lt "$cached" ]
	same "the counters agree while it is offline" "$(all_pages)" "$managed"
	same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
	echo 1 >$online
	same "the counters agree when it is online again" "$(all_pages)" "$managed"
done

check 'the cache is destroyed' put 'cache load' free
put 1 shrink
put 1 drain
same 'every page is free again' "$(stat_of pages_free)" "$managed"
same 'no object is left in magazines' "$(stat_of objects_cached)" 0
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
same 'no misuse was reported' "$(misuses)" 0
check 'the module unloads' unload

# toggle: take the CPU offline and online until /tmp/enough exists
toggle() {
	while [ ! -e /tmp/enough ]; do
		echo 0 >$online && echo 1 >$online && echo >>/tmp/toggles
	done
}
: >/tmp/toggles
toggle &
for turn in 1 2 3 4 5; do
	check "turn $turn: the module loads meanwhile" load 'carveouts=one:4M;two:4M'
	check "turn $turn: the module unloads meanwhile" unload
done
touch /tmp/enough
wait
toggles=$(wc -l </tmp/toggles)
check "the CPU was offline at least 3 times ($toggles)" [ "$toggles" -ge 3 ]
check_leaks
