# shellcheck shell=dash
#
# mapping.sh - memory of a carveout, mapped by a program, as distributions' kernels use it: for I/O
# past the page cache, for sockets, and as huge pages.
#
# kernels: 6.1 6.12 7.2
# memory: 1G
# boot: memmap=32M$0x10000000
# program: mapper crowd
# modules: brd
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'it loads' load size=128M
touched() { same "$1" "$(stat_of user_touched_bytes)" $(($2 * 4096)); }
none() { [ "$(stat_of pages_user) $(stat_of pages_user_index) $(stat_of user_files)" = '0 0 0' ]; }
nothing_is_left() {
	settles "$1: all came back" none
	same "$1: sound" "$(tail -n 1 $carve/validate)" ok
}

# block_io: straight between the mapping and a disk
block_io() {
	check 'there is a disk' insmod /brd.ko rd_nr=1 rd_size=32768
	yes carveout | head -c 4194304 >/tmp/pattern
	cat /tmp/pattern >/dev/ram0
	sync
	echo 3 >/proc/sys/vm/drop_caches
	start /mapper /dev/carveout
	tell 'map a 16M'
	does 'read /dev/ram0 0 a 0 4M'
	touched 'O_DIRECT reads into pages that nobody has touched' 1024
	does 'write /dev/ram0 8M a 0 4M'
	check 'what was read is what there was' cmp -n 4194304 /tmp/pattern /dev/ram0
	dd if=/dev/ram0 of=/tmp/copy bs=1M skip=8 count=4 2>/dev/null
	check 'and so is what was written' cmp /tmp/pattern /tmp/copy
	does 'fill a 4M 1M 0x5a'
	does 'write /dev/ram0 16M a 4M 1M'
	does 'read /dev/ram0 16M a 8M 1M'
	does 'is a 8M 1M 0x5a'
	does 'read /dev/ram0 0 a 4M 512'
	does 'is a 4100K 512K 0x5a'
	does 'read /dev/ram0 0 a 4294968 4K' 'error EINVAL'
	does 'unmap a 2M 1M'
	does 'write /dev/ram0 0 a 2M 4K' 'error EFAULT'
	does 'child read /dev/ram0 16M a 12M 1M'
	does 'is a 12M 1M 0x5a'
	stop
	nothing_is_left 'after O_DIRECT'
}
if [ -e /brd.ko ]; then block_io; else skip 'O_DIRECT needs a disk, which this kernel has not'; fi

start /mapper /dev/carveout
tell 'map a 4M'
does 'fill a 0 4M 0x33'
does 'splice a 0 64K' 'ok 65536'
does 'unmap a 0 64K'
touched 'what a pipe holds stays' 1024
does 'drain 0x33'
touched 'until it is read' 1008
if ifconfig lo up 2>/dev/null; then
	does 'send a 1M 256K'
else
	skip 'MSG_ZEROCOPY needs a network, which this kernel has not'
fi
stop
nothing_is_left 'after pipes and sockets'

# Huge pages
start /mapper /dev/carveout
does 'map h 8M 0 huge'
touched 'a huge mapping takes nothing' 0
does 'is h 0 1 0'
touched 'a touch takes 2 MiB' 512
does 'is h 0 2M 0'
does 'touch h 0 8M' 'ok 3'
touched 'a fault for each' 2048
does 'fill h 0 8M 0x11'
like 'blocks of order 9 are whole' "$(cat $carve/user)" ' mapper +8192 +8192 +0$'
does 'map a 8M'
does 'is a 0 8M 0x11'
does 'fill a 4M 4K 0x12'
does 'is h 4M 4K 0x12'
does 'child is h 4100K 1M 0x11'
does 'child fill h 6M 8K 0x13'
does 'is h 6M 8K 0x13'
does 'unmap a'
touched 'an ordinary mapping of it goes without it' 2048
does 'is h 0 4M 0x11'
[ ! -e /brd.ko ] || does 'write /dev/ram0 0 h 0 4K' 'error EFAULT'
[ ! -e /brd.ko ] || does 'read /dev/ram0 0 h 0 2M' 'error EFAULT'
does 'splice h 0 4K' 'error EFAULT'
does 'advise h 0 2M dontneed' 'error EINVAL'
does 'is h 0 4M 0x11'
does 'unmap h 2M 2M'
touched 'munmap of a huge page gives it back' 1536
does 'unmap h 4M 4K'
touched 'and so does that of a part of one' 1535
does 'is h 4100K 1M 0x11'
does 'is h 6M 8K 0x13'
does 'is h 0 2M 0x11'
stop
nothing_is_left 'after huge pages'

start /mapper /dev/carveout
does 'map h 4M 4K huge'
does 'touch h 0 4M' 'ok 513'
touched 'what is not aligned is mapped by small pages' 1024
does 'map a 4M 8M'
does 'fill a 2M 4K 0x21'
does 'map i 4M 8M huge'
does 'touch i 0 4M' 'ok 513'
does 'is a 1M 1 1'
does 'is a 4093K 1K 0'
does 'unmap a'
does 'unmap i'
does 'remap h 2M'
touched 'mremap gives back what it cuts off' 512
stop_by KILL
nothing_is_left 'after kill -9'

same 'a crowd finds its memory as it left it' "$(/crowd /dev/carveout 3 4000 2>&1)" ok
same 'by huge pages, too' "$(/crowd /dev/carveout 3 1000 huge 2>&1)" ok
nothing_is_left 'after a crowd'

# Of all blocks of 2 MiB at least half is somebody else's.
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
# Memory that the kernel doesn't know can't be user space's.
echo 'dsp:16M@0x10000000' >$debug/create
mark
start /mapper /dev/carveout-dsp
same 'memory beside the direct mapping is refused' "$reply" 'error EOPNOTSUPP'
same 'with a line in the log' "$(since_mark)" \
	"carveout: dsp: user space can't map this memory: it isn't in the direct mapping; source contig or cma is"
stop
check 'which holds nothing' eval "echo dsp >$debug/remove"
echo 'mixed:8M,16M@0x10000000' >$debug/create
carve=$debug/mixed
start /mapper /dev/carveout-mixed
does 'map a 64M'
does 'fill a 0 64M 1' 'signal BUS'
check "beside other memory it is left alone" \
	eval "[ $(stat_of pages_user) -gt 1500 ] && [ $(stat_of pages_user) -lt 2048 ]"
does 'advise a 0 4M dontneed'
does 'fill a 8M 3M 1'
stop
carve=$debug/default
check 'that goes, too' eval "echo mixed >$debug/remove"

check 'it unloads' unload
check 'without it there is no device' does_not_open
