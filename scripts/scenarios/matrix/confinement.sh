# shellcheck shell=dash
#
# confinement.sh - what the module takes from the kernel's own allocators, as the kernel's trace
# events see it: nothing for pages, objects and areas, however many.
#
# kernels: 6.12-debug 6.12-rt 7.2-debug
# boot: memmap=64M$0x10000000
# memory: 1G
# program: mapper
# file: examples/workload/carveout_workload.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

mount -t tracefs tracefs /sys/kernel/tracing
cd /sys/kernel/tracing || exit
echo 0 >tracing_on
echo 40000 >buffer_size_kb
echo 1 >options/stacktrace
# With that come the names of modules, too.
echo 1 >options/sym-offset
for event in kmem/kmalloc kmem/kmem_cache_alloc kmem/mm_page_alloc percpu/percpu_alloc_percpu; do
	must "the kernel has the event $event" [ -e events/$event/enable ]
	echo 1 >events/$event/enable
done

# watch COMMAND ARG…: which native allocations are made by the module's own code meanwhile. They
# are summed up in /tmp/native by the event, the native function that the module called (for vmap()
# with the one that that called), and the module's function that did.
#
# Each processor's events are read by themselves: together, one's could come between another's and
# its trace. The innermost frame of the module counts. What an interrupt does on top of it is not the
# module's doing.
watch() {
	echo >trace
	echo 1 >tracing_on
	"$@"
	status=$?
	echo 0 >tracing_on
	awk '
	function flush() { if (found) n[event " " called " " found]++; found = "" }
	/^ =>/ && found == "" && !over {
		name = $2; sub(/\+.*/, "", name)
		if (/\[carveout\]/) { found = name; over = 1 }
		else if (name ~ /^asm_/) over = 1
		else { called = name ~ /^vmap/ ? name "/" called : name }
		next
	}
	/^ =>/ { next }
	/ (kmalloc|kmem_cache_alloc|mm_page_alloc|percpu_alloc_percpu): / {
		flush(); over = 0; called = "-"
		match($0, /(kmalloc|kmem_cache_alloc|mm_page_alloc|percpu_alloc_percpu): /)
		event = substr($0, RSTART, RLENGTH - 2)
	}
	END { flush(); for (key in n) print n[key], key }' per_cpu/cpu*/trace | sort -k 2 >/tmp/native
	lost=$(cat per_cpu/cpu*/stats | awk '/^(overrun|dropped events):/ { n += $NF } END { print n }')
	same 'no event was lost' "$lost" 0
	return $status
}

# show WHAT: the sums, for whoever reads the log
show() { sed "s/^/# $1: /" /tmp/native; }

# total: native allocations seen
total() { awk '{ n += $1 } END { print n + 0 }' /tmp/native; }

# settled NAME: what is done in the background when a carveout is made is part of that.
settled() {
	tries=0
	while grep -q '^window building$' $debug/"$1"/stats && [ $tries -lt 100 ]; do
		tries=$((tries + 1))
		usleep 50000
	done
	[ $tries -lt 100 ]
}

make() { echo "$1" >$debug/create && settled "${1%%:*}"; }
unmake() { echo "$1" >$debug/remove; }

# things FILE: without the page events, which come by chance: when the kernel's own caches have
# run full; and without those of memremap(), vmap() and misc_register(), whose page tables and
# addresses, and trees of device numbers and names, are the kernel's: it takes records of addresses
# in advance, for each processor.
things() { grep -v -e ' mm_page_alloc ' -e ' memremap' -e ' vmap/' -e ' misc_register ' "$1"; }

must 'the module loads' insmod /carveout.ko size=32M name=first
must 'its window is made' settled first

# That the watch sees at all: each handle of the poke files is the kernel's memory.
carve=$debug/first
watch put 'pages 0 x50' alloc
show 'poke'
check "the watch sees 50 handles ($(total))" [ "$(total)" -ge 50 ]
like 'and whose they are' "$(cat /tmp/native)" '^50 (kmalloc|kmem_cache_alloc) .* carve_handles_alloc$'
put all free

# What a carveout takes when it is made doesn't grow with its size.
check 'a small carveout is made' watch make 'small:8M@0x10000000'
show 'created with 8 MiB'
cp /tmp/native /tmp/small
check 'and a large one' watch make 'large:48M@0x11000000'
show 'created with 48 MiB'
same 'both took the same natively' "$(things /tmp/native)" "$(things /tmp/small)"
check 'one from ordinary memory is made' watch make 'contig:8M@contig'
show 'created from contig'
unmake contig

# work KIND COUNT: the client takes that many things and gives them back.
work() {
	watch insmod /carveout_workload.ko carveout=large kind="$1" count="$2"
	status=$?
	got=$(dmesg | sed -n 's/^.*carveout_workload: \([0-9]*\) of .*/\1/p' | tail -n 1)
	rmmod carveout_workload
	return $status
}

for kind in pages kmalloc cache; do
	check "the client works with $kind" work $kind 2000
	same 'it got what it asked for' "$got" 2000
	show "$kind"
	same "$kind: nothing was taken natively" "$(total)" 0
	check "the client takes all there is of $kind" work $kind 0
	check "which has an end ($got)" [ "$got" -gt 2000 ]
	show "all $kind"
	same "all $kind: nothing was taken natively, at the end neither" "$(total)" 0
done

# Most of the carveout, since vmalloc says in the log when there is no more.
for count in 400 1200; do
	check "the client works with $count areas" work vmalloc $count
	same 'it got what it asked for' "$got" $count
	show "$count areas"
	same "$count areas: nothing was taken natively" "$(total)" 0
done

# The device of the first one. Page tables aren't taken by the module's code, nor for it.
carve=$debug/first
use_program() {
	start /mapper /dev/carveout
	tell 'map a 1G'
	tell 'fill a 0 8M 1'
	tell 'fill a 512M 8M 1'
	touched=$(stat_of user_touched_bytes)
	tell 'advise a 0 8M dontneed'
	stop
}
check 'a program maps and touches' watch use_program
same 'it got what it touched' "$touched" 16777216
show 'a program'
same 'a program: nothing was taken natively' "$(total)" 0

carve=$debug/large
same 'all is sound' "$(tail -n 1 $carve/validate)" ok
cd /
check 'it unloads' rmmod carveout
