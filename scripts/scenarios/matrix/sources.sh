# shellcheck shell=dash
#
# sources.sh - tests each source of memory: the memory comes from there, all layers work on it, and it
# is returned; and checks each reason for a refusal.
#
# kernels: 6.1-debug 6.12-debug 7.2
# boot: cma=64M memmap=32M$0x10000000
# memory: 1G
# program: mapper
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'memmap= has reserved a range' \
	eval '! awk "/System RAM/" /proc/iomem | grep -q 10000000-'
same 'cma= has reserved an area' "$(meminfo CmaTotal)" 65536

# by_source WHAT SOURCE PARAMETER…: load a carveout of this source, use all layers, and unload it.
by_source() {
	what=$1 source=$2
	shift 2
	check "$what loads" load "$@"
	like "the log has the source of $what" "$said" "^carveout: default: .*, from $source "
	all_layers "$what"
	check "$what unloads" unload
}

# cma_free: print CmaFree. Free CMA memory may also hold movable pages.
cma_free() {
	free_memory >/dev/null
	meminfo CmaFree
}
at_first=$(cma_free)
by_source 'ordinary memory' contig size=32M source=contig
by_source 'auto' contig size=32M

check 'source=cma loads' load size=32M source=cma
like 'the log has the source cma' "$said" 'from cma on node 0'
taken=$((at_first - $(cma_free)))
check "some 32 MiB are gone from CmaFree ($taken KiB)" [ "$taken" -ge 24576 ]
all_layers 'source=cma'
start /mapper /dev/carveout
does 'map a 8M'
does 'fill a 0 8M 3'
# Mappings of CMA memory have no references to pages, so that pages can't be pinned.
does 'splice a 0 64K' 'error EFAULT'
does 'unmap a 0 4M'
same 'user space has the pages that it maps' "$(stat_of user_touched_bytes)" $((4096 * 1024))
stop
settles 'all its pages are freed' eval "[ \"\$(stat_of pages_user)\" = 0 ]"
check 'the module unloads' unload
lost=$((at_first - $(cma_free)))
check "CmaFree is back ($lost KiB less)" [ "$lost" -le 8192 ]

check 'source=reserved loads' load size=16M source=reserved phys=0x10000000
like 'the log has the range and the zone HighMem' "$said" \
	'\[mem 0x0*10000000-0x0*10ffffff\], zone HighMem, from reserved on node -1'
like 'zoneinfo has the zone HighMem' "$(cat $carve/zoneinfo)" 'zone +HighMem'
like 'the range is in /proc/iomem' "$(cat /proc/iomem)" '10000000-10ffffff : carveout'
all_layers 'source=reserved'
check 'the module unloads' unload
unlike 'the range is gone from /proc/iomem' "$(cat /proc/iomem)" 'carveout'
by_source 'phys= alone' reserved size=32M phys=0x10000000

check 'several carveouts of several zones and sources load' \
	load 'carveouts=video:32M@cma;net:16M,4M(dma32),2M(dma);dsp:16M@0x10000000'
same 'each zone has a line' "$(echo "$said" | grep -c ' MiB at ')" 5
like 'the first carveout is from cma' "$said" '^carveout: video: 32 MiB .* from cma '
like 'one zone is below 16 MiB' "$said" '^carveout: net: 2 MiB .*, zone DMA, from contig '
like 'one zone is below 4 GiB' "$said" '^carveout: net: 4 MiB .*, zone DMA32, from contig '
like 'the last carveout is at its address' "$said" \
	'^carveout: dsp: 16 MiB at \[mem 0x0*10000000-0x0*10ffffff\], zone HighMem, from reserved '
same 'buddyinfo has three zones' "$(grep -c '^Node' $debug/net/buddyinfo)" 3
for name in video net dsp; do
	carve=$debug/$name
	all_layers "$name"
done
carve=$debug/default
check 'the module unloads with all of them' unload
lost=$((at_first - $(cma_free)))
check "CmaFree is back after several carveouts ($lost KiB less)" [ "$lost" -le 8192 ]

load_fails 'more than CmaFree' "$memory" 'cma: no range of 128 MiB: [0-9]+ MiB are free' \
	size=128M source=cma
load_fails 'System RAM in use' "$busy" 'System RAM in use' \
	size=32M source=reserved phys=0x18000000
# shellcheck disable=SC2016 # a literal $
hint='boot with memmap=32M$0x18000000 (in /etc/default/grub: memmap=32M\\\$0x18000000)'
same 'the log has the boot parameter for the kernel and for GRUB' "$(echo "$said" | grep -oF "$hint")" "$hint"
load_fails 'a range that reaches into System RAM' "$busy" 'System RAM in use' \
	size=64M source=reserved phys=0x11000000
load_fails 'an address within a page' "$invalid" 'not the address of a page' \
	size=16M source=reserved phys=0x10000800
load_fails 'no address' "$invalid" 'not the address of a page' size=16M source=reserved
load_fails 'more than 3/4 of RAM' "$memory" 'exceeds 3/4 of RAM' size=900M
load_fails 'an unknown source' "$invalid" 'unknown source "well"' size=16M source=well
load_fails 'an unknown zone' "$invalid" 'unknown zone type "foo"' 'carveouts=a:16M(foo)'
load_fails 'no size in a list' "$invalid" 'no .:. behind the name' 'carveouts=a'

# The second carveout of the list is refused, and the first is removed, too.
check 'overlapping carveouts are refused' \
	eval "! load 'carveouts=a:16M@0x10000000;b:16M@0x10400000'"
like 'loading fails with EBUSY' "$(cat $errors)" "$busy"
like 'the log has the reason' "$said" '^carveout: b: reserved: .* overlaps'
unlike 'the first carveout is removed, too' "$(cat /proc/iomem)" carveout
check 'carveouts of the same name are refused' eval "! load 'carveouts=a:16M;a:16M'"
like 'loading fails with EBUSY' "$(cat $errors)" "$busy"
like 'the log has the reason' "$said" '^carveout: a: there is a carveout of this name'

# Every range of that size has unmovable pages of the kernel.
load_fails 'busy memory' "$memory" \
	'contig: no range of .* could be emptied in 3 tries: pages everywhere are busy' \
	size=$(($(meminfo MemTotal) * 7 / 10240))M source=contig
check_leaks
