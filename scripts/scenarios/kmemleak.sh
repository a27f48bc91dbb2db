# shellcheck shell=dash
#
# kmemleak.sh - kmemleak scans carveouts: kernel memory that only an object, a page or an area of a
# carveout points to is not reported as a leak until that pointer is overwritten.
#
# kernels: 6*-debug 7*-debug
# file: examples/orphans/carveout_orphans.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

kmemleak=/sys/kernel/debug/kmemleak
must 'the kernel has kmemleak' [ -e $kmemleak ]
echo scan=off >$kmemleak

# scan: print suspected leaks. kmemleak ignores objects younger than five seconds. Scan twice, since
# a pointer may move during a scan.
scan() {
	sleep 6
	echo scan >$kmemleak
	echo scan >$kmemleak
	cat $kmemleak
}

must 'the module loads' load size=16M
must 'the example loads' insmod /carveout_orphans.ko
same 'memory that the carveout points to is no leak' "$(scan)" ''

echo 1 >/sys/module/carveout_orphans/parameters/drop
found=$(scan)
same 'memory without a pointer is a leak, 5 times' "$(echo "$found" | grep -c '^unreferenced object')" 5
same 'each was allocated by the example' "$(echo "$found" | grep -c 'comm "insmod"')" 5
same 'each has 128 bytes' "$(echo "$found" | grep -c '(size 128)')" 5

check 'the example unloads' rmmod carveout_orphans
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
same 'no leak is left' "$(scan)" ''
all_layers 'a carveout that kmemleak scans'
check 'the module unloads' unload
check_leaks
