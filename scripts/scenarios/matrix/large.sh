# shellcheck shell=dash
#
# large.sh - a carveout of 1 GiB is of use at once, while the rest of it is made in the background;
# and carveouts come and go under load, before that is done.
#
# kernels: 6.12 7.2
# memory: 6G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

sound() { same "all is sound $1" "$(tail -n 1 $carve/validate)" ok; }
without() { stat_of pages_without_descriptors; }
has_window() { [ "$(stat_of window)" = ready ]; }
has_descriptors() { [ "$(without)" = 0 ]; }

must 'it loads' load size=1G
at_once=$(without)
sound 'at once'
same 'all pages are there' \
	$(($(stat_of pages_managed) + $(stat_of pages_boot))) "$(stat_of pages)"
same 'and free' \
	"$(($(stat_of pages_free) + $(stat_of pages_stored)))" "$(stat_of pages_managed)"
check 'a block of 256 MiB is to be had' put 'pages 16' alloc
check 'and an area' put 'vzalloc 4M' alloc
same 'for which there is a window' "$(stat_of window)" ready
check 'and all that is left, in blocks of 2 MiB' put 'pages 9 GFP_NOWAIT|__GFP_NOWARN x300' alloc
sound 'when much of it is in use'
settles "all pages get descriptors ($at_once were without)" has_descriptors
put all free
same 'all comes back' "$(cat $carve/owners)" 'nothing is allocated'
sound 'in the end'
echo "# in the background: descriptors $(stat_of descriptors_us) us, window $(stat_of window_us) us"

# load_it: until it is killed.
load_it() {
	while :; do
		echo 'pages 9 x20' >$carve/alloc
		echo 'kmalloc 3000 x200' >$carve/alloc
		echo all >$carve/free
	done 2>/dev/null
}
load_it &
loader=$!

# come_and_go: one that is used, and goes, while the rest of it is still being made.
come_and_go() {
	echo 'next:256M@contig' >$debug/create || return
	echo 'pages 12' >$debug/next/alloc || return
	echo 'kmalloc 100 x100' >$debug/next/alloc || return
	[ "$(tail -n 1 $debug/next/validate)" = ok ] || return
	echo all >$debug/next/free || return
	echo next >$debug/remove
}
for i in 1 2 3 4 5 6; do
	check "carveout number $i comes and goes" come_and_go
done
kill $loader
wait $loader 2>/dev/null
put all free
settles 'the window of the first one is there' has_window
sound 'after that'
all_layers 'after that'
check 'it unloads' unload
