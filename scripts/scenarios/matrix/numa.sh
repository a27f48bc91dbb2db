# shellcheck shell=dash
#
# numa.sh - tests a machine with two memory nodes: a carveout lies on the requested node.
#
# kernels: 6.12-debug 7.2
# boot: cma=64M@128M
# qemu: -smp sockets=2 -object memory-backend-ram,id=m0,size=1G -object memory-backend-ram,id=m1,size=1G -numa node,nodeid=0,memdev=m0,cpus=0 -numa node,nodeid=1,memdev=m1,cpus=1
# memory: 2G
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
	like 'the log has the node' "$said" "^carveout: default: 64 MiB at .*, from contig on node $node,"
	taken=$((before - $(node_free $node)))
	check "some 64 MiB are gone from that node ($taken KiB)" [ "$taken" -ge 49152 ]
	like 'zoneinfo has the node' "$(cat $carve/zoneinfo)" "^Node $node, zone"
	like 'buddyinfo has the node' "$(cat $carve/buddyinfo)" "^Node $node, zone"
	all_layers "node $node"
	check 'the module unloads' unload
	lost=$((before - $(node_free $node)))
	check "the node has its memory back ($lost KiB less)" [ "$lost" -le 8192 ]
done

check 'a carveout with zones on both nodes loads' load 'carveouts=both:32M@contig%0,32M@contig%1'
for node in 0 1; do
	like "one zone is from node $node" "$said" "^carveout: both: 32 MiB .*, from contig on node $node,"
done
carve=$debug/both
all_layers 'both nodes'
check 'the module unloads' unload

# Eight of these would fill the node; the other node has room for one.
must 'the module loads to fill node 1' load size=1M node=1
mark
nr=0
while [ $nr -lt 8 ] && echo "full$nr:128M@contig%1" >$debug/create 2>$errors; do nr=$((nr + 1)); done
said=$(since_mark)
check "node 1 is full ($nr times 128 MiB)" eval "[ $nr -ge 1 ] && [ $nr -lt 8 ]"
same 'all these carveouts are on node 1' "$(echo "$said" | grep -c '128 MiB .*, from contig on node 1,')" $nr
like 'creation fails with ENOMEM' "$(cat $errors)" "$memory"
like 'the log has the reason' "$said" \
	"^carveout: full$nr: contig: no range of 131072 KiB near node 1 could be emptied"
check 'node 0 is not full' eval "echo other:128M@contig%0 >$debug/create"
check 'the module unloads with all of them' unload

check 'source=cma loads without a node' load size=16M source=cma
node=$(echo "$said" | sed -n 's/^carveout: default: .* from cma on node \([01]\).*/\1/p')
check 'the module unloads' unload
check 'source=cma loads with the node of its area' load size=16M source=cma "node=$node"
check 'the module unloads' unload
before=$(meminfo CmaFree)
load_fails 'an area on the other node' "$memory" \
	"cma has no range on node $((1 - node)): it lies on node $node" \
	size=16M source=cma "node=$((1 - node))"
lost=$((before - $(meminfo CmaFree)))
check "CmaFree is unchanged after that ($lost KiB less)" [ "$lost" -le 2048 ]

load_fails 'a node that is not online' "$invalid" 'node 5 is not online' size=16M node=5
load_fails 'a node number beyond all limits' "$invalid" 'node 4096 is not online' size=16M node=4096
load_fails 'a negative node number' "$invalid" 'node -2 is not online' size=16M node=-2
load_fails 'more than 3/4 of the node' "$memory" 'exceeds 3/4 of RAM' \
	size=960M node=1
check_leaks
