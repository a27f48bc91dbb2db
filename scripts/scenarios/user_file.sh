# shellcheck shell=dash
#
# user_file.sh - programs use /dev/carveout as a file: they read, write, seek and splice, and a debugger
# reads memory that is mapped without page references.
#
# boot: cma=64M
# memory: 1G
# program: mapper
# prefers: 6* 7* um-*
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

touched() { same "$1" "$(stat_of user_touched_bytes)" $(($2 * 4096)); }
none() { [ "$(stat_of pages_user) $(stat_of pages_user_index) $(stat_of user_files)" = '0 0 0' ]; }
nothing_is_left() {
	settles "$1: all pages are freed" none
	same "$1: all invariants hold" "$(tail -n 1 $carve/validate)" ok
}
end=4398046511104

must 'the module loads' load size=16M

# Other programs
same 'dd reads the device' "$(dd if=/dev/carveout bs=4k count=1 2>/dev/null | tr -d '\0' | wc -c)" 0
same 'dd reads 4 KiB' "$(dd if=/dev/carveout bs=4k count=1 2>/dev/null | wc -c)" 4096
check 'dd writes the device' dd if=/dev/zero of=/dev/carveout bs=64k count=4
check 'cat fails to fill more than there is' eval '! cat /dev/zero >/dev/carveout 2>/tmp/said'
like 'for lack of space' "$(cat /tmp/said)" 'No space left on device'
nothing_is_left 'after other programs'

# What numpy.memmap() does
start /mapper /dev/carveout
does 'seek 0 end' "ok $end"
does 'seek 1048575 set' 'ok 1048575'
does 'pwrite 1048575 1 0' 'ok 1'
does 'map a 1M'
does 'fill a 0 1M 7'
does 'sync a'
does 'pread 0 1M 7' 'ok 1048576'
stop
nothing_is_left 'after a memmap'

# Reading and writing
start /mapper /dev/carveout
does 'pread 0 1M 0' 'ok 1048576'
touched 'read() allocates no page' 0
does 'pwrite 1000 10000 3' 'ok 10000'
touched 'write() allocates pages' 3
does 'pread 1000 10000 3' 'ok 10000'
does 'pread 0 1000 0' 'ok 1000'
does 'pread 11000 1000 0' 'ok 1000'
settles 'a second passes' sleep 2
does 'pread 1000 10000 3' 'ok 10000'
does 'map a 64K'
does 'is a 1000 10000 3'
does 'fill a 0 4K 4'
does 'fill a 32K 4K 5'
does 'pread 32K 4K 5' 'ok 4096'
does 'advise a 0 64K dontneed'
does 'is a 0 4K 4'
does 'is a 32K 4K 0'
does 'fill a 32K 4K 6'
does 'unmap a'
does 'pread 0 4K 4' 'ok 4096'
does 'pread 4K 4K 3' 'ok 4096'
does 'pread 32K 4K 0' 'ok 4096'
touched 'written pages stay, mapped ones go' 3
does 'child pwrite 8K 4K 9' 'ok 4096'
does 'pread 8K 4K 9' 'ok 4096'
stop
nothing_is_left 'after read() and write()'

# Positions
start /mapper /dev/carveout
does 'seek 0 data' 'error ENXIO'
does 'seek 5 hole' 'ok 5'
does 'pwrite 1M 8K 1' 'ok 8192'
does 'seek 0 data' 'ok 1048576'
does 'seek 1048580 data' 'ok 1048580'
does 'seek 0 hole' 'ok 0'
does 'seek 1048580 hole' 'ok 1056768'
does 'seek 0 cur' 'ok 1056768'
does 'seek 2M data' 'error ENXIO'
does 'seek 4T hole' 'error ENXIO'
does 'seek 4T set' "ok $end"
does 'seek 4398046511105 set' 'error EINVAL'
does 'pread 4T 1 0' 'ok 0'
does 'pwrite 4T 1 0' 'error ENOSPC'
does "pwrite $((end - 2)) 4 8" 'ok 2'
does "pread $((end - 2)) 4 8" 'ok 2'
does "seek 1056768 data" "ok $((end - 4096))"
stop
nothing_is_left 'after lseek()'

# Splicing, and flags
start /mapper /dev/carveout
does 'pwrite 0 32K 0x31' 'ok 32768'
does 'pipe 0 32K' 'ok 32768'
does 'drain 0x31'
does 'pipe 4T 4K' 'ok 0'
does 'pipe 0 16K' 'ok 16384'
does 'pwrite 0 16K 0x32' 'ok 16384'
does 'unpipe 1M 16K' 'ok 16384'
does 'pread 1M 16K 0x31' 'ok 16384'
does 'pipe 2M 8K' 'ok 8192'
does 'drain 0'
does 'pwritev2 0 4K 1' 'error EOPNOTSUPP'
does 'pread 0 16K 0x32' 'ok 16384'
does close
mark
does 'open sync' 'error EOPNOTSUPP'
same 'O_SYNC is refused with a line in the log' "$(since_mark)" \
	'carveout: default: user space maps this memory cached only: open the device without O_SYNC and O_DSYNC'
does 'open dsync' 'error EOPNOTSUPP'
does 'open append'
does 'pwrite 0 1 1' 'error ENOSPC'
stop
nothing_is_left 'after splice()'

# read() and write() between the device and a mapping of itself; a full carveout
check 'dd copies within the device' dd if=/dev/carveout of=/dev/carveout bs=1M count=1
start /mapper /dev/carveout
tell 'pwrite 0 64M 0x45'
like 'write() stops where memory ends' "$reply" '^ok [0-9]+$'
written=${reply#ok }
check 'a full carveout holds nearly 16 MiB' [ "$written" -gt 15000000 ]
does "pwrite $written 1 0" 'error ENOSPC'
does 'pread 0 8M 0x45' 'ok 8388608'
stop
nothing_is_left 'after a full carveout'
check 'the module unloads' unload

# /proc/PID/mem, as a debugger reads it: x86 has vm_ops->access()
debugger() {
	does 'fill m 4K 8K 0x61'
	does 'peek m 6K 6K 0x61'
	does 'peek m 16K 10K 0'
	does 'poke m 20K 0x62'
	does 'is m 20K 1 0x62'
	does 'peek m 20K 1 0x62'
	stop
	nothing_is_left "$1"
}
if [ "$(uname -m)" = x86_64 ] && load size=16M source=cma && ! grep -q 'User Mode Linux' /proc/cpuinfo; then
	start /mapper /dev/carveout
	does 'map m 1M'
	debugger 'after a debugger of CMA memory'
fi
[ ! -d $carve ] || unload
must 'the module loads' load size=16M
start /mapper /dev/carveout
tell 'map m 4M 0 huge'
if [ "$reply" = ok ]; then debugger 'after a debugger of huge pages'; else stop; fi
check 'the module unloads' unload
check_leaks
