# shellcheck shell=dash
#
# highmem_beyond.sh - tests unmapped zones in memory above mem=, which has no struct pages.
#
# kernels: 6.1 6.12-debug 7.2
# boot: mem=512M
# memory: 1G
# file: examples/highmem/carveout_highmem.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load 'carveouts=default:4M,64M@0x30000000(highmem)'
like 'the log says that it is not mapped' "$said" \
	'\[mem 0x0*30000000-0x0*33ffffff\], zone HighMem \(not mapped\), from reserved'
all_layers 'memory without struct pages'
check 'an area gets pages of the unmapped zone' put 'vzalloc 32M' alloc
put all free
check 'pages are mapped on demand' insmod /carveout_highmem.ko pages=10000
like 'the client reads what it wrote to 10000 pages' "$(dmesg | tail -n 3)" \
	'carveout_highmem: 10000 pages written and read, without an address of their own$'
same 'all invariants hold in use' "$(tail -n 1 "$carve/validate")" ok
rmmod carveout_highmem
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
check 'the module unloads' unload
check_leaks
