# shellcheck shell=dash
#
# large.sh - a carveout of 1 GiB can be used at once, during deferred init; and carveouts are created
# and removed under load, before deferred init ends.
#
# kernels: 6.12 7.2
# memory: 6G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

sound() { same "all invariants hold $1" "$(tail -n 1 $carve/validate)" ok; }
without() { stat_of pages_without_descriptors; }
has_window() { [ "$(stat_of window)" = ready ]; }
has_descriptors() { [ "$(without)" = 0 ]; }

must 'the module loads' load size=1G
at_once=$(without)
sound 'at once'
same 'all pages are managed or boot pages' \
	$(($(stat_of pages_managed) + $(stat_of pages_boot))) "$(stat_of pages)"
same 'all managed pages are free' \
	"$(($(stat_of pages_free) + $(stat_of pages_pcp)))" "$(stat_of pages_managed)"
check 'a block of 256 MiB can be allocated' put 'pages 16' alloc
check 'an area can be allocated' put 'vzalloc 4M' alloc
same 'its allocation sets up the window' "$(stat_of window)" ready
check '300 blocks of 2 MiB can be allocated' put 'pages 9 GFP_NOWAIT|__GFP_NOWARN x300' alloc
sound 'when much of it is in use'
settles "all pages get descriptors ($at_once were without)" has_descriptors
put all free
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
sound 'in the end'
echo "# in the background: descriptors $(stat_of descriptors_us) us, window $(stat_of window_us) us"

# load_it: allocate and free until it is killed.
load_it() {
	while :; do
		echo 'pages 9 x20' >$carve/alloc
		echo 'kmalloc 3000 x200' >$carve/alloc
		echo all >$carve/free
	done 2>/dev/null
}
load_it &
loader=$!

# come_and_go: create a carveout, use it, and remove it during its deferred init.
come_and_go() {
	echo 'next:256M@contig' >$debug/create || return
	echo 'pages 12' >$debug/next/alloc || return
	echo 'kmalloc 100 x100' >$debug/next/alloc || return
	[ "$(tail -n 1 $debug/next/validate)" = ok ] || return
	echo all >$debug/next/free || return
	echo next >$debug/remove
}
for i in 1 2 3 4 5 6; do
	check "carveout number $i is created, used and removed" come_and_go
done
kill $loader
wait $loader 2>/dev/null
put all free
settles 'the first carveout has its window' has_window
sound 'after removals'
all_layers 'after removals'
check 'the module unloads' unload
