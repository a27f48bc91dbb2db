# shellcheck shell=dash
#
# mapping.sh - programs use mapped memory of a carveout on distributions' kernels for direct I/O, for
# sockets, and as huge pages.
#
# kernels: 6.1 6.12 7.2
# memory: 1G
# boot: memmap=32M$0x10000000
# program: mapper crowd
# modules: brd
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=128M
touched() { same "$1" "$(stat_of user_touched_bytes)" $(($2 * 4096)); }
none() { [ "$(stat_of pages_user) $(stat_of pages_user_index) $(stat_of user_files)" = '0 0 0' ]; }
nothing_is_left() {
	settles "$1: all pages are freed" none
	same "$1: all invariants hold" "$(tail -n 1 $carve/validate)" ok
}

# block_io: direct I/O between the mapping and a disk
block_io() {
	check 'there is a disk' insmod /brd.ko rd_nr=1 rd_size=32768
	yes carveout | head -c 4194304 >/tmp/pattern
	cat /tmp/pattern >/dev/ram0
	sync
	echo 3 >/proc/sys/vm/drop_caches
	start /mapper /dev/carveout
	tell 'map a 16M'
	does 'read /dev/ram0 0 a 0 4M'
	touched 'O_DIRECT reads allocate the pages' 1024
	does 'write /dev/ram0 8M a 0 4M'
	check 'O_DIRECT writes back what it read' cmp -n 4194304 /tmp/pattern /dev/ram0
	dd if=/dev/ram0 of=/tmp/copy bs=1M skip=8 count=4 2>/dev/null
	check 'the written copy equals the pattern' cmp /tmp/pattern /tmp/copy
	does 'fill a 4M 1M 0x5a'
	does 'write /dev/ram0 16M a 4M 1M'
	does 'read /dev/ram0 16M a 8M 1M'
	does 'is a 8M 1M 0x5a'
	does 'read /dev/ram0 0 a 4M 512'
	does 'is a 4100K 512K 0x5a'
	does 'read /dev/ram0 0 a 4294968 4K' 'error EINVAL'
	does 'alloc 1G 1M'
	does 'map b 1M 1G'
	does 'read /dev/ram0 16M b 0 1M'
	does 'is b 0 1M 0x5a'
	does 'unmap b'
	does 'pread 1G 1M 0x5a' 'ok 1048576'
	does 'unmap a 2M 1M'
	does 'write /dev/ram0 0 a 2M 4K' 'error EFAULT'
	does 'child read /dev/ram0 16M a 12M 1M'
	does 'is a 12M 1M 0x5a'
	stop
	nothing_is_left 'after O_DIRECT'
}
if [ -e /brd.ko ]; then block_io; else skip 'O_DIRECT needs a disk, which this kernel lacks'; fi

start /mapper /dev/carveout
tell 'map a 4M'
does 'fill a 0 4M 0x33'
does 'splice a 0 64K' 'ok 65536'
does 'unmap a 0 64K'
touched 'pages in a pipe stay' 1024
does 'drain 0x33'
touched 'pages are freed when the pipe is read' 1008
if ifconfig lo up 2>/dev/null; then
	does 'send a 1M 256K'
	does 'alloc 1G 1M'
	does 'map b 1M 1G'
	does 'fill b 0 1M 0x34'
	does 'send b 0 256K'
else
	skip 'MSG_ZEROCOPY needs a network, which this kernel lacks'
fi
stop
nothing_is_left 'after pipes and sockets'

# fork(): kernels differ in when they call vm_ops->open for the child
start /mapper /dev/carveout
for slot in a b c d e f g h i j; do tell "map $slot 64K"; done
tell 'fill a 0 64K 9'
seconds() { cut -d . -f 1 /proc/uptime; }
began=$(seconds)
does 'child is a 0 64K 9'
check 'fork() does not block on its own mappings' [ $(($(seconds) - began)) -lt $((2 * ${slow:-1})) ]
stop
nothing_is_left 'after fork()'

# Huge pages
start /mapper /dev/carveout
does 'map h 8M 0 huge'
touched 'a huge mapping allocates no page' 0
does 'is h 0 1 0'
touched 'a page fault allocates 2 MiB' 512
does 'is h 0 2M 0'
does 'touch h 0 8M' 'ok 3'
touched 'each page fault maps 2 MiB' 2048
does 'fill h 0 8M 0x11'
like 'all memory is in blocks of order 9' "$(cat $carve/user)" ' mapper +8192 +8192 +0$'
does 'map a 8M'
does 'is a 0 8M 0x11'
does 'fill a 4M 4K 0x12'
does 'is h 4M 4K 0x12'
does 'child is h 4100K 1M 0x11'
does 'child fill h 6M 8K 0x13'
does 'is h 6M 8K 0x13'
does 'unmap a'
touched 'unmapping an ordinary mapping keeps its blocks' 2048
does 'is h 0 4M 0x11'
[ ! -e /brd.ko ] || does 'write /dev/ram0 0 h 0 4K' 'error EFAULT'
[ ! -e /brd.ko ] || does 'read /dev/ram0 0 h 0 2M' 'error EFAULT'
does 'splice h 0 4K' 'error EFAULT'
does 'advise h 0 2M dontneed' 'error EINVAL'
does 'is h 0 4M 0x11'
does 'unmap h 2M 2M'
touched 'munmap of a huge page frees it' 1536
does 'unmap h 4M 4K'
touched 'munmap of a part of a huge page frees that part' 1535
does 'is h 4100K 1M 0x11'
does 'is h 6M 8K 0x13'
does 'is h 0 2M 0x11'
stop
nothing_is_left 'after huge pages'

start /mapper /dev/carveout
does 'map h 4M 4K huge'
does 'touch h 0 4M' 'ok 513'
touched 'an unaligned huge mapping has small pages at its ends' 1024
does 'map a 4M 8M'
does 'fill a 2M 4K 0x21'
does 'map i 4M 8M huge'
does 'touch i 0 4M' 'ok 513'
does 'is a 1M 1 1'
does 'is a 4093K 1K 0'
does 'unmap a'
does 'unmap i'
does 'remap h 2M'
touched 'mremap frees the pages that it cuts off' 512
stop_by KILL
nothing_is_left 'after kill -9'

same 'each process reads what it wrote' "$(/crowd /dev/carveout 3 4000 2>&1)" ok
same 'each process reads what it wrote to huge pages' "$(/crowd /dev/carveout 3 1000 huge 2>&1)" ok
nothing_is_left 'after several processes'

# Fragment the carveout: half of every block of 2 MiB is allocated.
put 0 min_free_kbytes
while put 'pages 9' alloc; do :; done
while put 'pages 8' alloc; do :; done
halves=
for handle in 1 2 3; do
	put $handle free
	put 'pages 8' alloc
	halves="$halves ${reply#handle }"
	put 'pages 8' alloc
done
for handle in $halves; do put "$handle" free; done
same 'no block of 2 MiB is free' "$(stat_of largest_free_order)" 8
start /mapper /dev/carveout
does 'map h 2M 0 huge'
does 'touch h 0 2M' 'ok 512'
does 'is h 1M 1 1'
stop
put all free
nothing_is_left 'after small pages in place of huge ones'

does_not_open() { /mapper /dev/carveout </dev/null | grep -qx 'error ENOENT'; }
# User space can't map memory without struct pages.
echo 'dsp:16M@0x10000000' >$debug/create
mark
start /mapper /dev/carveout-dsp
same 'memory beside the direct mapping is refused' "$reply" 'error EOPNOTSUPP'
same 'with a line in the log' "$(since_mark)" \
	"carveout: dsp: user space can't map this memory: it isn't in the direct mapping: use source=contig or cma"
stop
check 'a refused open() does not pin the carveout' eval "echo dsp >$debug/remove"
echo 'mixed:8M,16M@0x10000000' >$debug/create
carve=$debug/mixed
start /mapper /dev/carveout-mixed
does 'map a 64M'
does 'fill a 0 64M 1' 'signal BUS'
check "user space gets pages of the other zone only" \
	eval "[ $(stat_of pages_user) -gt 1500 ] && [ $(stat_of pages_user) -lt 2048 ]"
does 'advise a 0 4M dontneed'
does 'fill a 8M 3M 1'
stop
carve=$debug/default
check 'the mixed carveout is removed' eval "echo mixed >$debug/remove"

check 'the module unloads' unload
check 'the device is gone' does_not_open
