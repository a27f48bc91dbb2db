# shellcheck shell=dash
#
# stock.sh - tests distributions' kernels: sources contig and reserved work, cma does not.
#
# kernels: 6.1 6.12
# boot: memmap=32M$0x10000000
# memory: 1G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

before=$(free_memory)
check 'source=contig loads' load size=128M source=contig
like 'the log has the source' "$said" '^carveout: default: 128 MiB at .*, from contig on node 0'
all_layers 'source=contig'
check 'the module unloads' unload

check 'source=auto loads' load 'carveouts=net:32M,4M(dma32),2M(dma);dsp:16M@0x10000000'
same 'each zone has a line' "$(echo "$said" | grep -c ' MiB at .* from contig ')" 3
like 'the reserved memory has a line' "$said" '^carveout: dsp: .*, zone HighMem, from reserved'
for name in net dsp; do
	carve=$debug/$name
	all_layers "$name"
done
check 'the module unloads with all of them' unload
lost=$((before - $(free_memory)))
check "every page came back ($lost KiB less than before)" [ "$lost" -le 4096 ]

load_fails 'source=cma' 'No such device' 'cma: there is no CMA area: boot with cma=16M' \
	size=16M source=cma
load_fails 'System RAM in use' "$busy" 'System RAM in use' \
	size=32M source=reserved phys=0x18000000
