# shellcheck shell=dash
#
# numa.sh - a machine with two memory nodes: a carveout lies on the one that was asked for.
#
# kernels: 6.12-debug 7.2
# qemu: -smp sockets=2 -object memory-backend-ram,id=m0,size=512M -object memory-backend-ram,id=m1,size=512M -numa node,nodeid=0,memdev=m0,cpus=0 -numa node,nodeid=1,memdev=m1,cpus=1
# memory: 1G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

same 'there are two nodes' "$(cat /sys/devices/system/node/online)" 0-1

# node_free NODE: in KiB
node_free() {
	free_memory >/dev/null
	awk '$3 == "MemFree:" { print $4 }' "/sys/devices/system/node/node$1/meminfo"
}

for node in 0 1; do
	before=$(node_free $node)
	check "node=$node loads" load size=64M node=$node
	like 'and says so' "$said" "^carveout: default: 64 MiB at .*, from contig on node $node,"
	taken=$((before - $(node_free $node)))
	check "some 64 MiB are gone from that node ($taken KiB)" [ "$taken" -ge 49152 ]
	like 'zoneinfo names it' "$(cat $carve/zoneinfo)" "^Node $node, zone"
	like 'and buddyinfo' "$(cat $carve/buddyinfo)" "^Node $node, zone"
	all_layers "node $node"
	check 'it unloads' unload
	lost=$((before - $(node_free $node)))
	check "and the node has it back ($lost KiB less)" [ "$lost" -le 8192 ]
done

check 'zones on both nodes' load 'carveouts=both:32M@contig%0,32M@contig%1'
for node in 0 1; do
	like "one from node $node" "$said" "^carveout: both: 32 MiB .*, from contig on node $node,"
done
carve=$debug/both
all_layers 'both nodes'
check 'it unloads' unload

load_fails 'a node that is not there' "$invalid" 'node 5 is not online' size=16M node=5
load_fails 'one that no machine has' "$invalid" 'node 4096 is not online' size=16M node=4096
load_fails 'one below them all' "$invalid" 'node -2 is not online' size=16M node=-2
load_fails 'more than a share of the node' "$memory" 'more than 12/16 of the memory' \
	size=480M node=1
check_leaks
