# shellcheck shell=dash
#
# user_buffer.sh - programs allocate contiguous buffers of /dev/carveout by ioctl(), learn their addresses,
# use them for I/O, and open those of others by name; memory of objects and of users is limited.
#
# boot: cma=64M
# memory: 1G
# program: mapper
# prefers: 6* 7* um-*
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

touched() { same "$1" "$(stat_of user_touched_bytes)" $(($2)); }
none() { [ "$(stat_of pages_user) $(stat_of pages_user_index) $(stat_of user_files)" = '0 0 0' ]; }
nothing_is_left() {
	settles "$1: all pages are freed" none
	same "$1: all invariants hold" "$(tail -n 1 $carve/validate)" ok
}
# other COMMAND…: let another program execute the commands; print its replies.
other() { printf '%s\n' "$@" | /mapper "${device:-/dev/carveout}" | sed 1d | tr '\n' ' '; }
# same_frames SLOT OFFSET SIZE: the mapping shows the memory whose address the program was told last.
# /proc/PID/pagemap skips mappings without page references.
same_frames() {
	[ -e /proc/self/pagemap ] || return 0
	does "frames $1 $2 $3" "ok $address"
}
# address_of OFFSET LENGTH: ask for the address, set $address, and check the length.
address_of() {
	tell "address $1"
	like "address $1" "$reply" "^ok 0x[0-9a-f]+ $2\$"
	address=${reply#ok }
	address=${address% *}
}
mebi=1048576

must 'the module loads' load size=16M

# One block
start /mapper /dev/carveout
tell info
like 'info' "$reply" "^ok 1 0 ''"
does 'map m 16M'
does 'alloc 1M 3M'
touched 'the memory is there at once' '3 * mebi'
does 'alloc 1M 3M' 'error EEXIST'
does 'alloc 2M 4K' 'error EEXIST'
does 'alloc 0 2M' 'error EEXIST'
touched 'a refused request frees what it got' '3 * mebi'
address_of 1M $((3 * mebi))
check 'the block is aligned to 4 MiB' [ $((address % (4 * mebi))) = 0 ]
does 'fill m 1M 3M 0x21'
same_frames m 1M 3M
first=$address
address_of 0x1ff000 $((2 * mebi + 4096))
same 'the address grows with the offset' "$((address))" $((first + 0xff000))
does 'address 0' 'error ENXIO'
does 'address 4M' 'error ENXIO'
does 'address 4T' 'error ENXIO'
does 'advise m 1M 3M dontneed'
does 'is m 1M 3M 0x21'
does 'unmap m'
settles 'a second passes' sleep 2
touched 'the memory stays without a mapping' '3 * mebi'
does 'pread 1M 1M 0x21' "ok $mebi"
does 'map m 16M'
does 'is m 1M 3M 0x21'
address_of 1M $((3 * mebi))
same 'at its address' "$address" "$first"
stop
nothing_is_left 'after one block'

# Blocks of a given length
start /mapper /dev/carveout
does 'alloc 0 320K 64K'
does 'alloc 320K 8K 64K'
touched 'the last block is cut' '328 * 1024'
address_of 64K '[0-9]+'
check 'each block is aligned' [ $((address % 65536)) = 0 ]
does 'alloc 1M 64K 4K'
does 'alloc 3K 64K' 'error EINVAL'
does 'alloc 8M 1K' 'error EINVAL'
does 'alloc 8M 0' 'error EINVAL'
does 'alloc 8M 64K 48K' 'error EINVAL'
does 'alloc 8M 64K 2K' 'error EINVAL'
does 'alloc 4T 4K' 'error EFBIG'
does "alloc $((4 * mebi * mebi - 4096)) 8K" 'error EFBIG'
does "alloc $((4 * mebi * mebi - 4096)) 4K"
does 'alloc 8M 16M' 'error ENOMEM'
does 'alloc 8M 1T' 'error ENOMEM'
does 'alloc 8M 1T 4K' 'error ENOMEM'
touched 'a failed request leaves nothing' '(328 + 64 + 4) * 1024'
stop
nothing_is_left 'after blocks'

# I/O
start /mapper /dev/carveout
does 'alloc 0 2M'
does 'map m 2M'
does 'fill m 0 2M 0x33'
does 'splice m 64K 64K' 'ok 65536'
does 'drain 0x33'
address_of 0 $((2 * mebi))
same_frames m 0 2M
does 'child is m 0 2M 0x33'
does 'child fill m 4K 4K 0x34'
does 'is m 4K 4K 0x34'
tell 'map h 2M huge'
if [ "$reply" = ok ]; then
	does 'is h 4K 4K 0x34'
	does 'fill h 1M 4K 0x35'
	does 'is m 1M 4K 0x35'
fi
stop
nothing_is_left 'after I/O'

# Names
start /mapper /dev/carveout
does 'name video'
does 'alloc 0 1M'
does 'map m 1M'
does 'fill m 0 1M 0x41'
tell info
like 'info says the name' "$reply" "^ok 1 $mebi 'video'"
like 'debugfs shows it' "$(cat $carve/user)" ' mapper .* 1024 +0 as video$'
same 'another program opens it' "$(other 'attach video' 'map a 1M' 'is a 0 1M 0x41' 'fill a 4K 4K 0x42')" \
	'ok ok ok ok '
does 'is m 4K 4K 0x42'
same 'other objects are apart' "$(other 'name video' 'attach audio' 'map a 4K' 'is a 0 4K 0')" \
	'error EEXIST error ENOENT ok ok '
same 'for reading only' "$(other close 'open ro' 'attach video' 'pread 4K 4K 0x42' 'pwrite 0 1 1' 'alloc 2M 4K' \
	'map a 4K' 'map a 4K ro')" 'ok ok ok ok 4096 error EBADF error EBADF error EACCES ok '
does 'child attach video'
does 'name sound'
does 'attach video' 'error ENOENT'
does 'name a/b' 'error EINVAL'
does 'name .video' 'error EINVAL'
does 'name 01234567890123456789012345678901' 'error EINVAL'
does 'name 0123456789012345678901234567890'
does 'name'
does 'attach x' 'error ENOENT'
does 'name video'
does 'attach video'
does 'name video'
does 'pread 4K 4K 0x42' 'ok 4096'
does 'unmap m'
touched 'the object lives with its file' mebi
mkdir -p /tmp/dev
mknod /tmp/dev/carveout c "$((0x$(stat -c %t /dev/carveout)))" "$((0x$(stat -c %T /dev/carveout)))"
same 'no other inode opens it' "$(device=/tmp/dev/carveout other 'attach video')" 'error EXDEV '
check 'a carveout in use is not removed' eval '! echo default 2>/dev/null >/sys/kernel/debug/carveout/remove'
stop
nothing_is_left 'after names'
same 'the name ends with the object' "$(other 'attach video' 'name video')" 'error ENOENT ok '

# Requests that are no requests, and rights
start /mapper /dev/carveout
does 'request 0x40 0 0' 'error EINVAL'
does 'request 0x40 4 0' 'error EINVAL'
does 'request 0x40 71 0' 'error EINVAL'
does 'request 0x40 72 0'
does 'request 0x40 72 0xff'
does 'request 0x40 73 0'
does 'request 0x40 512 0'
does 'request 0x40 512 0xff' 'error E2BIG'
does 'request 0x40 1M 0' 'error E2BIG'
does 'request 0x40 0xffffffff 0' 'error E2BIG'
does 'request 0x41 32 0' 'error EINVAL'
does 'request 0x41 32 0xff' 'error EINVAL'
does 'request 0x42 32 0' 'error ENXIO'
does 'request 0x42 32 0xff' 'error EINVAL'
does 'request 0x43 40 0'
does 'request 0x43 40 0x61' 'error EINVAL'
does 'request 0x44 40 0' 'error EINVAL'
does 'request 0x44 40 0x61' 'error EINVAL'
does 'request 0x3f 40 0' 'error ENOTTY'
does 'request 0x45 40 0' 'error ENOTTY'
does 'alloc 0 4K'
address_of 0 4096
does unprivileged
does 'address 0' 'error EPERM'
does 'alloc 4K 4K'
stop
nothing_is_left 'after bad requests'

# Limits
limit() { echo "$2" >$carve/"$1"; }
check 'objects are limited' limit user_object_kbytes 1024
start /mapper /dev/carveout
does 'alloc 0 1M'
does 'alloc 1M 4K' 'error EDQUOT'
does 'pwrite 1M 1 1' 'error EDQUOT'
does 'pwrite 4K 4K 1' 'ok 4096'
does 'map m 2M'
does 'touch m 1M 4K' 'signal BUS'
does 'is m 4K 4K 1'
same 'another object has a limit of its own' "$(other 'alloc 0 1M' 'pwrite 1M 1 1')" 'ok error EDQUOT '
check 'users are limited' limit user_uid_kbytes 1536
same 'all objects of a user share it' "$(other 'alloc 0 1M' 'alloc 0 512K' 'pwrite 1M 1 1')" \
	'error EDQUOT ok error EDQUOT '
chmod 666 /dev/carveout
same 'another user has a limit of its own' \
	"$(other close 'user 1000' open 'alloc 0 1M' 'pwrite 1M 1 1' 'name theirs')" 'ok ok ok ok error EDQUOT ok '
like 'debugfs shows the user' "$(cat $carve/user)" ' 0 mapper +2048 +1024 +0$'
check 'limits are removed' limit user_object_kbytes 0
check 'both of them' limit user_uid_kbytes 0
does 'alloc 1M 4M'
stop
nothing_is_left 'with limits'
check 'the module unloads' unload

if ! grep -q 'User Mode Linux' /proc/cpuinfo && load size=16M source=cma; then
	start /mapper /dev/carveout
	does 'alloc 0 2M'
	does 'map m 2M'
	does 'fill m 0 2M 0x51'
	address_of 0 $((2 * mebi))
	does 'pread 0 2M 0x51' "ok $((2 * mebi))"
	stop
	nothing_is_left 'over a CMA area'
	check 'the module unloads' unload
fi
check_leaks
