# shellcheck shell=dash
#
# sources.sh - each source of memory, for real: where it comes from, that all layers work on it,
# that it goes back; and each reason why it can't be had.
#
# kernels: 6.1-debug 6.12-debug 7.2
# boot: cma=64M memmap=32M$0x10000000
# memory: 1G
# program: mapper
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'memmap= has kept a range from the kernel' \
	eval '! awk "/System RAM/" /proc/iomem | grep -q 10000000-'
same 'cma= has set an area aside' "$(meminfo CmaTotal)" 65536

# by_source WHAT SOURCE PARAMETER…: a carveout comes from there, works, and goes back to it.
by_source() {
	what=$1 source=$2
	shift 2
	check "$what loads" load "$@"
	like "$what says its source" "$said" "^carveout: default: .*, from $source "
	all_layers "$what"
	check "$what unloads" unload
}

# The system may use what is free there for what can be moved away.
cma_free() {
	free_memory >/dev/null
	meminfo CmaFree
}
at_first=$(cma_free)
by_source 'ordinary memory' contig size=32M source=contig
by_source 'auto' contig size=32M

check 'source=cma loads' load size=32M source=cma
like 'and says so' "$said" 'from cma on node 0'
taken=$((at_first - $(cma_free)))
check "some 32 MiB are gone from CmaFree ($taken KiB)" [ "$taken" -ge 24576 ]
all_layers 'source=cma'
start /mapper /dev/carveout
does 'map a 8M'
does 'fill a 0 8M 3'
does 'splice a 0 64K' 'ok 65536'
does 'unmap a 0 4M'
same 'user space has what it maps, and what a pipe holds' \
	"$(stat_of user_touched_bytes)" $((4096 * 1024 + 65536))
does 'drain 3'
stop
settles 'all of it comes back' eval "[ \"\$(stat_of pages_user)\" = 0 ]"
check 'it unloads' unload
lost=$((at_first - $(cma_free)))
check "CmaFree is back ($lost KiB less)" [ "$lost" -le 8192 ]

check 'source=reserved loads' load size=16M source=reserved phys=0x10000000
like 'and says where, and that it is high memory' "$said" \
	'\[mem 0x0*10000000-0x0*10ffffff\], zone HighMem, from reserved on node -1'
like 'zoneinfo calls it so, too' "$(cat $carve/zoneinfo)" 'zone +HighMem'
like 'it is named in /proc/iomem' "$(cat /proc/iomem)" '10000000-10ffffff : carveout'
all_layers 'source=reserved'
check 'it unloads' unload
unlike 'and its name is gone from /proc/iomem' "$(cat /proc/iomem)" 'carveout'
by_source 'phys= alone' reserved size=32M phys=0x10000000

check 'several carveouts, of several zones and sources' \
	load 'carveouts=video:32M@cma;net:16M,4M(dma32),2M(dma);dsp:16M@0x10000000'
same 'each zone has a line' "$(echo "$said" | grep -c ' MiB at ')" 5
like 'the first from cma' "$said" '^carveout: video: 32 MiB .* from cma '
like 'a zone below 16 MiB' "$said" '^carveout: net: 2 MiB .*, zone DMA, from contig '
like 'one below 4 GiB' "$said" '^carveout: net: 4 MiB .*, zone DMA32, from contig '
like 'the last at its address' "$said" \
	'^carveout: dsp: 16 MiB at \[mem 0x0*10000000-0x0*10ffffff\], zone HighMem, from reserved '
same 'a zone each in buddyinfo' "$(grep -c '^Node' $debug/net/buddyinfo)" 3
for name in video net dsp; do
	carve=$debug/$name
	all_layers "$name"
done
carve=$debug/default
check 'all of them unload' unload
lost=$((at_first - $(cma_free)))
check "and CmaFree is back ($lost KiB less)" [ "$lost" -le 8192 ]

load_fails 'more than CMA has' "$memory" 'cma: no range of 128 MiB: [0-9]+ MiB are free' \
	size=128M source=cma
load_fails 'System RAM in use' "$busy" 'System RAM in use' \
	size=32M source=reserved phys=0x18000000
load_fails 'a range that reaches into System RAM' "$busy" 'System RAM in use' \
	size=64M source=reserved phys=0x11000000
load_fails 'an address within a page' "$invalid" 'not the address of a page' \
	size=16M source=reserved phys=0x10000800
load_fails 'no address' "$invalid" 'not the address of a page' size=16M source=reserved
load_fails 'more than a share of memory' "$memory" 'more than 12/16 of the memory' size=900M
load_fails 'an unknown source' "$invalid" 'unknown source "well"' size=16M source=well
load_fails 'an unknown zone' "$invalid" 'unknown zone type "foo"' 'carveouts=a:16M(foo)'
load_fails 'no size in a list' "$invalid" 'no .:. behind the name' 'carveouts=a'

# What another one has claimed; the first of the list goes, too.
check 'carveouts of one range are refused' \
	eval "! load 'carveouts=a:16M@0x10000000;b:16M@0x10400000'"
like 'with an errno that says so' "$(cat $errors)" "$busy"
like 'and a reason' "$said" '^carveout: b: reserved: .* overlaps'
unlike 'the first one is gone as well' "$(cat /proc/iomem)" carveout
check 'carveouts of one name are refused' eval "! load 'carveouts=a:16M;a:16M'"
like 'with an errno that says so' "$(cat $errors)" "$busy"
like 'and a reason' "$said" '^carveout: a: there is a carveout of this name'

# In every range of that size there are some of the kernel's own pages.
load_fails 'busy memory' "$memory" \
	'contig: no range of .* could be emptied in 3 tries: pages everywhere are busy' \
	size=$(($(meminfo MemTotal) * 7 / 10240))M source=contig
check_leaks
