# shellcheck shell=dash
#
# highmem.sh - tests unmapped zones: all layers work beside one, and kmap maps its pages on demand.
# Boots with pti=on, where TLB flushes cover two address spaces.
#
# kernels: 6.1 6.12 6.12-debug 7.2
# boot: memmap=32M$0x10000000 pti=on
# memory: 1G
# file: examples/highmem/carveout_highmem.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# highmem_works WHAT: run all layers and the kmap client
highmem_works() {
	all_layers "$1"
	before=$(stat_of kmap_local_maps)
	check "$1: pages are mapped on demand" insmod /carveout_highmem.ko
	like "$1: the client reads what it wrote to 2000 pages" "$(dmesg | tail -n 3)" \
		'carveout_highmem: 2000 pages written and read, without an address of their own$'
	same "$1: no kmap slot is left in use" "$(stat_of kmap_used)" 0
	check "$1: each page is mapped by carve_kmap() ($(stat_of kmap_maps) times)" [ "$(stat_of kmap_maps)" -ge 2000 ]
	same "$1: each page is mapped by carve_kmap_local() once, and once to be zeroed" \
		$(($(stat_of kmap_local_maps) - before)) 4000
	check "$1: TLB flushes are batched ($(stat_of kmap_flushes))" [ "$(stat_of kmap_flushes)" -le 9 ]
	same "$1: one task waited for a slot" "$(stat_of kmap_waits)" 1
	same "$1: all invariants hold" "$(tail -n 1 "$carve/validate")" ok
	rmmod carveout_highmem
	same "$1: nothing is allocated" "$(cat $carve/allocations)" 'nothing is allocated'
}

check 'a carveout with a mapped zone loads' load 'carveouts=default:4M,16M@0x10000000'
like 'the zone is in vmallocinfo' "$(cat /proc/vmallocinfo)" 'phys=0x0*10000000 '
check 'the module unloads' unload
check 'a carveout with an unmapped zone loads' load 'carveouts=default:4M,16M@0x10000000(highmem)'
like 'the log says that it is not mapped' "$said" \
	'\[mem 0x0*10000000-0x0*10ffffff\], zone HighMem \(not mapped\), from reserved'
unlike 'the zone is not in vmallocinfo' "$(cat /proc/vmallocinfo)" 'phys=0x0*10000000 '
highmem_works 'reserved memory'
check 'an area gets pages of the unmapped zone' put 'vmalloc 8M' alloc
put all free
check 'the module unloads' unload

check 'a carveout with an unmapped zone of ordinary memory loads' load 'carveouts=default:4M,16M(highmem)'
highmem_works 'ordinary memory'
check 'the module unloads at the end' unload

load_fails 'an unmapped first zone' "$invalid" 'first zone holds the metadata and must be mapped' \
	'carveouts=default:16M@0x10000000(highmem)'
load_fails 'an unknown type of zone' "$invalid" 'unknown zone type "high": dma, dma32 or highmem' \
	'carveouts=default:4M,4M(high)'
check_leaks
