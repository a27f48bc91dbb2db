# shellcheck shell=dash
#
# kmemleak.sh - the kernel's leak detector looks into a carveout: native memory that only an
# object, a page or an area points to is no leak, and one when that pointer is gone.
#
# kernels: 6*-debug 7*-debug
# file: examples/orphans/carveout_orphans.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

kmemleak=/sys/kernel/debug/kmemleak
must 'the kernel has kmemleak' [ -e $kmemleak ]
echo scan=off >$kmemleak

# scan: what is suspected. It looks at objects older than five seconds only, and twice, since a
# pointer may be on its way meanwhile.
scan() {
	sleep 6
	echo scan >$kmemleak
	echo scan >$kmemleak
	cat $kmemleak
}

must 'it loads' load size=16M
must 'the example loads' insmod /carveout_orphans.ko
same 'what the carveout points to is no leak' "$(scan)" ''

echo 1 >/sys/module/carveout_orphans/parameters/drop
found=$(scan)
same 'what it no longer points to is one' "$(echo "$found" | grep -c '^unreferenced object')" 5
same 'and was allocated by the example' "$(echo "$found" | grep -c 'comm "insmod"')" 5
same 'each of its size' "$(echo "$found" | grep -c '(size 128)')" 5

check 'the example unloads' rmmod carveout_orphans
same 'nothing has an owner' "$(cat $carve/owners)" 'nothing is allocated'
same 'no leak is left' "$(scan)" ''
all_layers 'a carveout that is watched'
check 'it unloads' unload
check_leaks
