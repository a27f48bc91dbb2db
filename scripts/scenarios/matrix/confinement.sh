# shellcheck shell=dash
#
# confinement.sh - counts the module's allocations from the kernel's allocators by trace events: there
# are none for any number of pages, objects and areas.
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
# sym-offset also adds the names of modules.
echo 1 >options/sym-offset
for event in kmem/kmalloc kmem/kmem_cache_alloc kmem/mm_page_alloc percpu/percpu_alloc_percpu; do
	must "the kernel has the event $event" [ -e events/$event/enable ]
	echo 1 >events/$event/enable
done

# watch COMMAND ARG…: run the command and count native allocations by the module's code in
# /tmp/native, by event, by the kernel function that the module called (for vmap() also the function
# that vmap() called), and by the calling function of the module.
#
# The events of each CPU are read separately, since events of other CPUs could come between an event
# and its stack trace. The innermost frame of the module counts. Allocations by an interrupt on top
# of the module don't count.
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

# show WHAT: print the counts to the log
show() { sed "s/^/# $1: /" /tmp/native; }

# total: print the number of native allocations
total() { awk '{ n += $1 } END { print n + 0 }' /tmp/native; }

# settled NAME: wait for the deferred init of the carveout's window.
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

# things FILE: print the counts without page events, which depend on how full the kernel's slabs are;
# and without memremap(), vmap() and misc_register(), which allocate page tables, vmap_areas (some in
# advance, per CPU), device numbers and names for the kernel.
things() { grep -v -e ' mm_page_alloc ' -e ' memremap' -e ' vmap/' -e ' misc_register ' "$1"; }

must 'the module loads' insmod /carveout.ko size=32M name=first
must 'its window is ready' settled first

# Check that watch() works: each handle of the debugfs file alloc is native memory.
carve=$debug/first
watch put 'pages 0 x50' alloc
show 'alloc'
check "the watch sees 50 handles ($(total))" [ "$(total)" -ge 50 ]
like 'the watch sees the calling function' "$(cat /tmp/native)" '^50 (kmalloc|kmem_cache_alloc) .* carve_handles_alloc$'
put all free

# The native memory for creating a carveout doesn't grow with its size.
check 'a small carveout is created' watch make 'small:8M@0x10000000'
show 'created with 8 MiB'
cp /tmp/native /tmp/small
check 'a large carveout is created' watch make 'large:48M@0x11000000'
show 'created with 48 MiB'
same 'both made the same native allocations' "$(things /tmp/native)" "$(things /tmp/small)"
check 'a carveout of ordinary memory is created' watch make 'contig:8M@contig'
show 'created from contig'
unmake contig

# work KIND COUNT: the client allocates and frees that many allocations.
work() {
	watch insmod /carveout_workload.ko carveout=large kind="$1" count="$2"
	status=$?
	got=$(dmesg | sed -n 's/^.*carveout_workload: \([0-9]*\) of .*/\1/p' | tail -n 1)
	rmmod carveout_workload
	return $status
}

for kind in pages kmalloc cache; do
	check "the client works with $kind" work $kind 2000
	same "$kind: the client got all 2000" "$got" 2000
	show "$kind"
	same "$kind: no native allocations" "$(total)" 0
	check "the client allocates $kind until it fails" work $kind 0
	check "$kind: it got more than 2000 ($got)" [ "$got" -gt 2000 ]
	show "all $kind"
	same "all $kind: no native allocations, even when memory runs out" "$(total)" 0
done

# Not all of the carveout, since vmalloc warns in the log when it fails.
for count in 400 1200; do
	check "the client works with $count areas" work vmalloc $count
	same "the client got all $count areas" "$got" $count
	show "$count areas"
	same "$count areas: no native allocations" "$(total)" 0
done

# The device of the first carveout. The module doesn't allocate the page tables of programs.
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
same 'the program has the pages that it touched' "$touched" 16777216
show 'a program'
same 'a program: no native allocations' "$(total)" 0

carve=$debug/large
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
cd /
check 'the module unloads' rmmod carveout
