# shellcheck shell=dash
#
# pin.sh - tests fixed buffers of io_uring, which are pinned long-term, in mapped memory of every source.
#
# kernels: um-7.2-debug 6.12 *-debug
# boot: cma=64M memmap=32M$0x10000000
# memory: 1G
# program: mapper
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

touched() { same "$1" "$(stat_of user_touched_bytes)" $(($2 * 4096)); }
# nothing_is_left WHAT: wait until the kernel has unpinned all pages, which it does asynchronously
none() { [ "$(stat_of pages_user) $(stat_of user_files)" = '0 0' ]; }
nothing_is_left() {
	settles "$1: all pages are freed" none
	same "$1: all invariants hold" "$(tail -n 1 $carve/validate)" ok
	check "$1: the module unloads" unload
}

must 'source contig loads' load size=16M source=contig
start /mapper /dev/carveout
tell 'map a 4M'
tell 'fill a 0 1M 7'
does 'pin a 0 1M'
does 'pin a 2M 64K'
does 'is a 0 1M 7'
stop
nothing_is_left 'contig'

# The kernel migrates pages out of a CMA area before pinning them, and it can't migrate these.
cma() {
	start /mapper /dev/carveout
	tell 'map a 4M'
	does 'fill a 0 1M 7'
	does 'pin a 0 1M' 'error EFAULT'
	does 'pin a 2M 64K' 'error EFAULT'
	does 'splice a 0 64K' 'error EFAULT'
	does 'is a 0 1M 7'
	does 'child is a 0 1M 7'
	does 'child fill a 1M 4K 8'
	does 'is a 1M 4K 8'
	does 'advise a 0 1M dontneed' 'error EINVAL'
	does 'map b 4M'
	does 'unmap a'
	does 'is b 0 1M 7'
	touched 'mapped pages stay' 257
	does 'unmap b 0 512K'
	touched 'pages are freed with their last mapping' 129
	stop
	nothing_is_left 'cma'
}
if load size=16M source=cma; then cma; else like 'without a CMA area, the source is refused' "$said" 'no CMA area'; fi

reserved() {
	start /mapper /dev/carveout
	same 'source reserved can not be mapped' "$reply" 'error EOPNOTSUPP'
	stop
	nothing_is_left 'reserved'
}
if load size=16M phys=0x10000000; then
	reserved
else
	like 'without reserved memory, the source is refused' "$said" 'no I/O memory'
fi
