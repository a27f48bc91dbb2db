# shellcheck shell=dash
#
# small_ram.sh - a carveout several times as large as the kernel's RAM has enough addresses for areas
# larger than that RAM.
#
# kernels: 6.1 7.2
# boot: mem=512M init_on_alloc=0
# memory: 2560M
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

has_window() { [ "$(stat_of window)" = ready ]; }

must 'the module loads' load size=2000M phys=0x20000000
settles 'the window is ready' has_window
same 'the window has twice the size of the carveout' "$(stat_of window_pages)" $((2 * $(stat_of pages)))
ram=$(($(meminfo MemTotal) / 1024))
for size in 600M 1200M; do
	check "an area of $size is allocated with $ram MiB of RAM" put "vmalloc $size" alloc
	same "all invariants hold with an area of $size" "$(tail -n 1 $carve/validate)" ok
done
check '1000 small areas are allocated' put 'vzalloc 4K x1000' alloc
put all free
all_layers 'after large areas'
check 'the module unloads' unload

check 'two carveouts load' load 'carveouts=a:700M@0x20000000;b:700M@0x50000000'
for carve in $debug/a $debug/b; do
	settles "${carve##*/} has a window" has_window
	check "${carve##*/} has an area" put 'vmalloc 500M' alloc
	put all free
	all_layers "${carve##*/}"
done
check 'the module unloads with both' unload
check_leaks
