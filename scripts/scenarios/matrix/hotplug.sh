# shellcheck shell=dash
#
# hotplug.sh - processors go and come under load: nothing of what their stores held is lost.
#
# kernels: 6.12-debug 6.12-rt 7.2
# memory: 1G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

online=/sys/devices/system/cpu/cpu1/online
must 'a second processor can be taken down' [ -w $online ]
must 'it loads' load size=32M
managed=$(stat_of pages_managed)

# Kinds of pages in use; with what is free and stored they are all that is managed.
all_pages() {
	awk '/^pages_(free|stored|used|large|slab|area|cache_meta) / { n += $2 } END { print n }' \
		$carve/stats
}
same 'the counters agree at first' "$(all_pages)" "$managed"

# worker CPU: allocates and frees all the time, on that processor when it is up.
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

check 'a cache for the load' put 'cache_create load 200' alloc
worker 1 &
worker 2 &

for turn in 1 2 3 4 5 6; do
	sleep 0.5
	check "turn $turn: it goes down" eval "echo 0 >$online"
	sleep 0.3
	check "turn $turn: it comes up" eval "echo 1 >$online"
done
settles 'there was load meanwhile' eval "[ \"\$(wc -l </tmp/rounds)\" -ge 12 ]"
# One more time with full stores, and nobody at work to fill or empty them.
touch /tmp/done
wait
put all free
same 'the counters agree afterwards' "$(all_pages)" "$managed"

# fill_stores: those of processor 1
fill_stores() {
	taskset 2 sh -c "for i in 1 2 3; do
		echo 'pages 0 x200' >$carve/alloc; echo 'kmalloc 64 x400' >$carve/alloc
		echo all >$carve/free
	done"
}
for turn in 1 2 3; do
	fill_stores
	stored=$(stat_of pages_stored)
	check "its stores hold something ($stored pages)" [ "$stored" -gt 0 ]
	echo 0 >$online
	check "less when it is dead ($(stat_of pages_stored) pages)" \
		[ "$(stat_of pages_stored)" -lt "$stored" ]
	same "the counters agree without it" "$(all_pages)" "$managed"
	same 'and all is sound' "$(tail -n 1 $carve/validate)" ok
	echo 1 >$online
	same "the counters agree with it back" "$(all_pages)" "$managed"
done

check 'the cache goes' put 'cache load' free
put 1 shrink
put 1 drain
same 'every page is free again' "$(stat_of pages_free)" "$managed"
same 'no object is left over' "$(stat_of objects_stored)" 0
same 'nothing has an owner' "$(cat $carve/owners)" 'nothing is allocated'
same 'no free was refused' "$(stat_of bad_frees)" 0
check 'it unloads' unload

# toggle: takes the processor down and up until it is told to end
toggle() {
	while [ ! -e /tmp/enough ]; do
		echo 0 >$online
		echo 1 >$online
	done
}
toggle &
for turn in 1 2 3 4 5; do
	check "turn $turn: it loads meanwhile" load 'carveouts=one:4M;two:4M'
	check "turn $turn: and unloads" unload
done
touch /tmp/enough
wait
check_leaks
