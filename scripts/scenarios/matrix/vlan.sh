# shellcheck shell=dash
#
# vlan.sh - tests virtual LANs: the kernel's 8021q, with carveout_native.h for all of its sources but the
# one whose memory the kernel frees. Devices come and go, and frames pass from one to the other.
#
# kernels: 6.12
# modules: llc stp garp mrp veth
# command: ip
# packages: iproute2
# file: examples/native_vlan/8021q.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# busybox has an ip of its own
ip() { /bin/ip "$@"; }
vlan_add() { ip link add link "$1" name "$1.$2" type vlan id "$2" egress 0:3 2:5 && ip link set "$1.$2" up; }
vlans_add() { for i in 5 600 4000; do vlan_add left "$i" && vlan_add right "$i" || return 1; done; }
vlans_del() { for i in 5 600 4000; do ip link del "left.$i" && ip link del "right.$i" || return 1; done; }
received() { cat "/sys/class/net/right.$1/statistics/rx_packets"; }
frame_passes() {
	before=$(received "$1")
	arping -c 2 -w 2 -I "left.$1" "10.$2.1.2" >/dev/null 2>&1
	[ "$(received "$1")" -gt "$before" ]
}
nothing_left() { [ "$(cat $carve/allocations)" = 'nothing is allocated' ]; }

for module in llc stp garp mrp veth; do insmod /$module.ko; done
must 'the module loads' load size=64M
must '8021q loads' insmod /8021q.ko
must 'two devices are joined' eval '
	ip link add left type veth peer name right && ip link set left up && ip link set right up'
must 'virtual LANs are created' vlans_add
like 'their priorities are in the carveout' "$(cat $carve/allocations)" '12 objects of cache kmalloc-'
ip addr add 10.1.1.1/24 dev left.5
ip addr add 10.2.1.1/24 dev left.600
check 'frames of one arrive' frame_passes 5 1
check 'frames of another arrive' frame_passes 600 2
check 'the virtual LANs are removed' vlans_del
check 'they are created again, and removed' eval 'vlans_add && vlans_del'
settles 'nothing is allocated' nothing_left
check 'a virtual LAN goes with its device' eval 'vlan_add left 7 && ip link del left'
check '8021q unloads' rmmod 8021q
settles 'nothing is left' nothing_left
same 'no misuse was reported' "$(misuses)" 0
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
