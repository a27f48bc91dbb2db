# shellcheck shell=dash
#
# user.sh - programs map a carveout through /dev/carveout: checks when pages are allocated and freed.
#
# program: mapper crowd relay throng
# prefers: 6* 7* um-*
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=16M name=default
must 'there is a device' [ -c /dev/carveout ]
same 'the device is 0600' "$(stat -c %a /dev/carveout)" 600
echo 'video:8M' >$debug/create
check 'another carveout has a device of its own' [ -c /dev/carveout-video ]
echo video >$debug/remove
check 'the device is removed with its carveout' [ ! -e /dev/carveout-video ]

# open() races with removal: either the device is gone, or the carveout is in use.
tries=0
while [ $tries -lt 20 ]; do
	echo 'video:8M' >$debug/create
	/mapper /dev/carveout-video </dev/null >>/tmp/opened &
	for _ in $(seq 1000); do
		echo video 2>/dev/null >$debug/remove && break
		usleep 10000
	done
	tries=$((tries + 1))
done
wait
check 'no open file is left over' [ ! -e $debug/video ]
same 'open() during removal works or fails with a known error' \
	"$(grep -cxE 'ok|error (ENOENT|ENODEV|ENXIO)' /tmp/opened)" 20

# has KEY PAGES: test whether a counter in bytes equals that many pages.
has() { [ "$(stat_of "$1")" = $(($2 * 4096)) ]; }
mapped()  { same "$1" "$(stat_of user_mapped_bytes)" $(($2 * 4096)); }
touched() { same "$1" "$(stat_of user_touched_bytes)" $(($2 * 4096)); }
# open_files N, shown N, none: test these counts. Reading stats frees pages; reading pagemap doesn't.
open_files() { [ "$(stat_of user_files)" = "$1" ]; }
shown() { [ "$(awk '$1 == "U" { print $2 }' $carve/pagemap)" = "$1" ]; }
none() { [ "$(stat_of pages_user) $(stat_of pages_user_index)" = '0 0' ] && open_files 0; }
nothing_is_left() {
	settles "$1: all pages are freed" none
	same "$1: all invariants hold" "$(tail -n 1 $carve/validate)" ok
}

# Mappings and page faults
start /mapper /dev/carveout
same 'the device opens' "$reply" ok
does 'map a 1T'
same 'a mapping takes no page' "$(stat_of pages_user) $(stat_of pages_user_index)" '0 0'
mapped 'a mapping is counted as mapped' $((1024 * 1024 * 256))
touched 'a mapping is not counted as touched' 0
does 'is a 0 64K 0'
touched 'a read allocates pages' 16
does 'fill a 1M 100K 7'
touched 'a write allocates pages' 41
does 'is a 1M 100K 7'
does 'is a 0 64K 0'
does 'fill a 1023G 1 9'
touched 'a write at 1023 GiB allocates a page' 42
same 'each page is allocated once' "$(stat_of pages_user)" 42
like 'the file user shows the process' "$(cat $carve/user)" " mapper +1073741824 +168 +0$"
like 'the file allocations shows the process' "$(cat $carve/allocations)" \
	'^42 pages of user space, 268435456 mapped, opened by mapper\[[0-9]+\]$'
like 'the page map shows them' "$(cat $carve/pagemap)" '^U +42 user space$'
same 'all invariants hold in use' "$(tail -n 1 $carve/validate)" ok

# Freeing
does 'unmap a 1M 64K'
touched 'munmap frees pages' 26
does 'is a 1088K 36K 7'
does 'advise a 1088K 36K dontneed'
touched 'madvise frees pages' 17
does 'is a 1088K 36K 0'
does 'fill a 0 4K 5'
does 'advise a 0 4K dontneed'
does 'is a 0 4K 0'
does 'fill a 2M 8K 3'
check 'the page map counts 28' shown 28
does 'advise a 2M 8K dontneed'
settles 'pages given up by madvise are freed in the background' shown 26
does 'map b 1M 2M'
does 'fill b 0 8K 4'
does 'is a 2M 8K 4'
does 'unmap a'
does 'is b 0 8K 4'
touched 'a page stays while a mapping covers it' 2
does 'unmap b'
touched 'a page is freed with its last mapping' 0
does 'map a 1M'
does 'is a 2M 1 0' 'signal SEGV'
does 'advise a 0 1M cold'
does 'advise a 0 1M pageout'
does 'advise a 0 1M willneed'
does 'fill a 0 1M 6'
does 'advise a 0 1M cold'
does 'advise a 0 1M pageout'
does 'lock a'
does 'is a 0 1M 6'
does 'remap a 2M' 'error EFAULT'
does 'remap a 512K'
touched 'mremap frees the pages that it cuts off' 128
does 'is a 0 512K 6'
does 'advise a 0 512K populate'
stop
nothing_is_left 'after exit'

start /mapper /dev/carveout
tell 'map a 4M'
tell 'fill a 0 4M 1'
touched 'a process has 4 MiB' 1024
check 'removal is refused' eval "! echo default 2>/dev/null >$debug/remove"
like 'the log names the process' "$(dmesg | tail -n 5)" \
	'carveout: default: 1024 pages of user space, 1024 mapped, opened by mapper\['
check 'rmmod is refused' eval '! unload'
stop_by KILL
nothing_is_left 'after kill -9'

start /mapper /dev/carveout
tell 'map a 1M'
tell 'fill a 0 1M 1'
does exec
settles 'execve frees the pages' has user_touched_bytes 0
stop_by TERM
nothing_is_left 'after execve'

# Objects
start /mapper /dev/carveout
tell 'map a 1M'
tell 'fill a 0 4K 1'
does open
does 'map b 1M'
does 'is b 0 4K 0'
does 'fill b 0 4K 2'
does 'is a 0 4K 1'
same 'each open file is an object' "$(stat_of user_files)" 2
does close
does 'is b 0 4K 2'
does 'unmap b'
settles 'a closed file is released with its last mapping' open_files 1

stop
nothing_is_left 'after several objects'

# fork()
start /mapper /dev/carveout
tell 'map a 1M'
tell 'fill a 0 4K 1'
does 'child is a 0 4K 1'
does 'child fill a 0 8K 8'
does 'is a 0 8K 8'
touched 'parent and child share pages' 2
does 'child fill a 512K 8K 5'
touched 'pages written by a child stay for its parent' 4
settles 'two seconds pass' sleep 2
does 'is a 512K 8K 5'
does 'child unmap a'
does 'is a 0 8K 8'
does 'child advise a 0 8K dontneed'
does 'is a 0 8K 8'
does 'advise a 0 1M dontneed'
touched 'madvise frees pages that no other process maps' 0
does 'is a 0 1M 0'

# Requests that must fail
does 'map c 1M 0 private' 'error EINVAL'
does 'map c 8K 4398046507008' 'error EINVAL'
does 'map c 4K 4398046507008'
does 'touch c 0 4K' 'ok 1'
does 'map d 1M 8T' 'error EINVAL'
does 'map d 1M 0xfffffffff000' 'error EINVAL'
does 'map d 8K 0x7fffffffffffe000' 'error EINVAL'
does 'map d 1M 100' 'error EINVAL'
does 'map d 0' 'error EINVAL'
does 'map d 1M 0 ro'
does 'is d 0 8K 0'
does 'fill d 0 1 1' 'signal SEGV'
stop
nothing_is_left 'after requests that fail'

# A full carveout
start /mapper /dev/carveout
tell 'map a 64M'
failed=$(stat_of failed_allocations)
mark
does 'fill a 0 64M 1' 'signal BUS'
same 'the log is silent' "$(since_mark)" ''
check 'the failure is counted' [ "$(stat_of failed_allocations)" -gt "$failed" ]
check 'the process has nearly all pages' [ "$(stat_of pages_user)" -gt 3800 ]
does 'is a 0 8M 1'
check 'other allocations fail' eval '! put "pages 4" alloc'
does 'advise a 0 4M dontneed'
check 'pages given up by madvise can be allocated' put 'pages 0 x900' alloc
put all free
does 'is a 4M 4M 1'
does 'is a 0 4M 0'
stop
nothing_is_left 'after a full carveout'

# Pages pinned by I/O
start /mapper /dev/carveout
tell 'map a 1M'
tell 'fill a 0 16K 3'
does 'splice a 0 16K' 'ok 16384'
like 'pinned pages are counted' "$(cat $carve/user)" ' mapper +1024 +16 +16$'
does 'advise a 0 16K dontneed'
touched 'pages in a pipe stay' 4
does 'unmap a'
does close
same 'they stay when the file is closed' "$(stat_of pages_user)" 4
like 'the file allocations shows pinned pages' "$(cat $carve/allocations)" \
	'^4 pages of user space, 4 of them pinned by I/O, opened by mapper\[[0-9]+\], closed$'
check 'pinned pages keep the module loaded' eval '! unload'
does open
tell 'map b 64M'
does 'fill b 0 64M 9' 'signal BUS'
does 'drain 3'
stop
nothing_is_left 'after I/O'

# A process unmaps pages that it wrote, while another reads them for the first time
same 'another process reads what was written before munmap' "$(/relay /dev/carveout 80)" ok
nothing_is_left 'after a relay'

# A process maps the same page very often
same 'mapping does not get slower with many mappings' "$(/throng /dev/carveout 20000)" ok
nothing_is_left 'after many mappings'

# Several processes use one object, while others read debugfs and allocate pages
steps=5000
[ ! -e /sys/kernel/debug/kmemleak ] || steps=400
/crowd /dev/carveout 4 $steps >/tmp/crowd 2>&1 &
crowd=$!
while kill -0 $crowd 2>/dev/null; do
	cat $carve/user >/dev/null
	put 'pages 0 x200' alloc
	put all free
done
wait $crowd
same 'each process reads what it wrote' "$(cat /tmp/crowd)" ok
nothing_is_left 'after several processes'
same 'no misuse was reported' "$(misuses)" 0

check 'the module unloads' unload
check 'the device is gone' [ ! -e /dev/carveout ]
check_leaks
