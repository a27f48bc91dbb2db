# shellcheck shell=dash
#
# misuse.sh - a module that calls every function there is with whatever arguments, in tasks and
# interrupts of two processors at once, while other carveouts come and go and debugging is
# switched: the kernel stands, and all memory is back.
#
# kernels: 6.12-debug
# file: examples/misuse/carveout_misuse.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# disturb: until there is a file /tmp/over.
disturb() {
	while [ ! -e /tmp/over ]; do
		for flags in F FZPU Q -; do
			echo other:1M >$debug/create
			echo "$flags misuse*" >$carve/slab_debug
			cat $carve/slabinfo $carve/owners $debug/other/validate
			echo 1 >$carve/shrink
			echo other >$debug/remove
			usleep 100000
		done
	done
} >/dev/null 2>&1

must 'the module loads' load size=64M
# Nobody else frees anything: waiting is in vain
put 0 wait_ms
disturb &
check 'a caller who does everything wrong is done with it' \
	insmod /carveout_misuse.ko seed=1 steps=6000 threads=2 other=other
touch /tmp/over
wait
# What was about to be removed as the last thing
echo other 2>/dev/null >$debug/remove
check "frees were refused ($(stat_of bad_frees))" [ "$(stat_of bad_frees)" -gt 1000 ]
check 'he goes' rmmod carveout_misuse
same 'nothing is left of what he had' "$(cat $carve/owners)" 'nothing is allocated'
same 'all is sound' "$(tail -n 1 $carve/validate)" ok
all_layers_of() { put 'kmalloc 100 x50' alloc && put 'vmalloc 300K' alloc && put all free; }
check 'memory can be had' all_layers_of
check 'the module unloads' unload
check_leaks
