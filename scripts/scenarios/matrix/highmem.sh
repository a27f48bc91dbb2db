# shellcheck shell=dash
#
# highmem.sh - memory kept back at boot as a zone without addresses: all layers work beside it,
# and its pages are mapped on demand. With page tables isolated, where flushes go furthest.
#
# kernels: 6.1 6.12 6.12-debug 7.2
# boot: memmap=32M$0x10000000 pti=on
# memory: 1G
# file: examples/highmem/carveout_highmem.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# highmem_works WHAT
highmem_works() {
	all_layers "$1"
	before=$(stat_of kmap_local_maps)
	check "$1: pages are mapped on demand" insmod /carveout_highmem.ko
	like "$1: all of them" "$(dmesg | tail -n 3)" \
		'carveout_highmem: 2000 pages written and read, without an address of their own$'
	same "$1: by slots, of which none is in use" "$(stat_of kmap_used)" 0
	check "$1: each at least once ($(stat_of kmap_maps))" [ "$(stat_of kmap_maps)" -ge 2000 ]
	same "$1: once each for a moment, and once to be zeroed" \
		$(($(stat_of kmap_local_maps) - before)) 4000
	check "$1: with a flush for many ($(stat_of kmap_flushes))" [ "$(stat_of kmap_flushes)" -le 9 ]
	same "$1: one task had to wait" "$(stat_of kmap_waits)" 1
	same "$1: sound" "$(tail -n 1 "$carve/validate")" ok
	rmmod carveout_highmem
	same "$1: all is back" "$(cat $carve/owners)" 'nothing is allocated'
}

check 'a zone with addresses loads' load 'carveouts=default:4M,16M@0x10000000'
like 'the kernel has mapped it' "$(cat /proc/vmallocinfo)" 'phys=0x0*10000000 '
check 'it unloads' unload
check 'one without loads' load 'carveouts=default:4M,16M@0x10000000(highmem)'
like 'and says so' "$said" \
	'\[mem 0x0*10000000-0x0*10ffffff\], zone HighMem \(not mapped\), from reserved'
unlike 'the kernel has not mapped it' "$(cat /proc/vmallocinfo)" 'phys=0x0*10000000 '
highmem_works 'memory kept back'
check 'an area takes its pages from there' put 'vmalloc 8M' alloc
put all free
check 'it unloads' unload

check 'ordinary memory can be used so, too' load 'carveouts=default:4M,16M(highmem)'
highmem_works 'ordinary memory'
check 'it unloads at the end' unload

load_fails 'a first zone without addresses' "$invalid" 'first zone holds the metadata and must be mapped' \
	'carveouts=default:16M@0x10000000(highmem)'
load_fails 'another type of zone' "$invalid" 'unknown zone type "high": dma, dma32 or highmem' \
	'carveouts=default:4M,4M(high)'
check_leaks
