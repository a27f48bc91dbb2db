# shellcheck shell=dash
#
# misuse.sh - a module calls every exported function with bad arguments, in tasks and interrupts of
# two CPUs, while carveouts are created and removed and debugging is toggled. The kernel must not
# crash, and all memory must be freed.
#
# kernels: 6.12-debug
# file: examples/misuse/carveout_misuse.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# disturb: create and remove a carveout and toggle debugging until /tmp/over exists.
disturb() {
	while [ ! -e /tmp/over ]; do
		for flags in F FZPU Q -; do
			echo other:1M >$debug/create
			echo "$flags misuse*" >$carve/slab_debug
			cat $carve/slabinfo $carve/allocations $debug/other/validate
			echo 1 >$carve/shrink
			echo other >$debug/remove
			usleep 100000
		done
	done
} >/dev/null 2>&1

must 'the module loads' load size=64M
# Don't wait for memory: no other task frees any
put 0 wait_ms
disturb &
check 'the module with bad calls loads' \
	insmod /carveout_misuse.ko seed=1 steps=6000 threads=2 other=other
touch /tmp/over
wait
# The last removal may have failed
echo other 2>/dev/null >$debug/remove
check "frees were refused ($(stat_of bad_frees))" [ "$(stat_of bad_frees)" -gt 1000 ]
check 'the module with bad calls unloads' rmmod carveout_misuse
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
all_layers_of() { put 'kmalloc 100 x50' alloc && put 'vmalloc 300K' alloc && put all free; }
check 'memory can be allocated' all_layers_of
check 'the module unloads' unload
check_leaks
