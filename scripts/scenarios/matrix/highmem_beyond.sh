# shellcheck shell=dash
#
# highmem_beyond.sh - the same of memory that the kernel has never known, without struct pages.
#
# kernels: 6.1 6.12-debug 7.2
# boot: mem=512M
# memory: 1G
# file: examples/highmem/carveout_highmem.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'it loads' load 'carveouts=default:4M,64M@0x30000000(highmem)'
like 'and says so' "$said" \
	'\[mem 0x0*30000000-0x0*33ffffff\], zone HighMem \(not mapped\), from reserved'
all_layers 'memory without struct pages'
check 'an area of it' put 'vzalloc 32M' alloc
put all free
check 'its pages are mapped on demand' insmod /carveout_highmem.ko pages=10000
like 'all of them' "$(dmesg | tail -n 3)" \
	'carveout_highmem: 10000 pages written and read, without an address of their own$'
same 'sound in use' "$(tail -n 1 "$carve/validate")" ok
rmmod carveout_highmem
same 'all is back' "$(cat $carve/owners)" 'nothing is allocated'
check 'it unloads' unload
check_leaks
