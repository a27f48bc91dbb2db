# shellcheck shell=dash
#
# bpftrace.sh - runs the scripts in contrib/bpftrace while memory is allocated and freed.
#
# kernels: 6.1 6.12
# memory: 2G
# command: bpftrace
# packages: bpftrace
# silence: 900
# file: ../../contrib/bpftrace/leaks.bt ../../contrib/bpftrace/rates.bt ../../contrib/bpftrace/latencies.bt
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

mount -t tracefs tracefs /sys/kernel/tracing
must 'the module loads' load size=16M

# What the scripts watch; it leaves 50 objects and a block of 8 pages.
cat >/tmp/work <<-'WORK'
	cd /sys/kernel/debug/carveout/default
	echo 'kmalloc 1500 x30' >alloc
	echo all >free
	echo 'kmalloc 100 x50' >alloc
	echo 'pages 3' >alloc
	echo 'vmalloc 1M' >alloc
	sleep 3
WORK

# watch SCRIPT: run it while /tmp/work runs; set $said to what it prints.
watch() {
	said=$(bpftrace "/$1" -c '/bin/busybox sh /tmp/work' 2>&1)
	same "$1 runs" $? 0
	put all free
	# Give cached areas back, so that the next one is mapped anew
	put 1 shrink
}

watch leaks.bt
like 'leaks.bt counts the bytes of the objects' "$said" '^@objects\[default, carve_handles_alloc(\+[0-9]+)?\]: 6400$'
like 'leaks.bt counts the pages' "$said" '^@pages\[default, carve_handles_alloc(\+[0-9]+)?\]: 32768$'
watch rates.bt
# The area has a record, which is an object.
same 'rates.bt counts all allocations, by the second' \
	"$(echo "$said" | awk '/^@.default, tracepoint:carveout:carve_object_alloc]/ { n += $NF } END { print n }')" 81
like 'rates.bt counts mappings' "$said" '^@\[default, tracepoint:carveout:carve_map\]: 1$'
watch latencies.bt
like 'latencies.bt has a histogram of kmalloc' "$said" '^@ns\[kretprobe:carve_kmalloc_any\]: $'
like 'latencies.bt has lifetimes by cache' "$said" '^@lifetime_us\[kmalloc-2k\]: $'
unlike 'latencies.bt forgets what still lives' "$said" '^@born'
check 'the module unloads' unload
