# shellcheck shell=dash
#
# e1000.sh - a network driver of the kernel's own, rebuilt unchanged on a carveout by way of
# carveout_native.h, does its work: DMA into pages of the carveout, allocated by NAPI in softirqs,
# handed up the stack, and dropped by the kernel. QEMU answers to pings, and echoes what TCP brings.
#
# kernels: 6.12
# qemu: -netdev user,id=n0,guestfwd=tcp:10.0.2.100:7-cmd:cat -device e1000,netdev=n0
# file: examples/native_e1000/e1000.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# bring_up MTU: above 1500, packets are received into pages.
bring_up() {
	insmod /e1000.ko && ifconfig eth0 mtu "$1" &&
		ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
}
linked() { grep -q 1 /sys/class/net/eth0/carrier; }

# echoes N: what goes out on N connections at once comes back as it was.
echoes() {
	ncs=
	for i in $(seq "$1"); do
		timeout 60 nc 10.0.2.100 7 </tmp/data >"/tmp/back.$i" &
		ncs="$ncs $!"
	done
	# shellcheck disable=SC2086 # a list of processes
	wait $ncs
	for i in $(seq "$1"); do
		cmp /tmp/data "/tmp/back.$i" || return 1
	done
}

# all_back: nobody holds memory of the carveout. A processor keeps packets that another has read
# until it receives the next, so each gets one.
all_back() {
	for cpu in 1 2; do
		taskset $cpu ping -c 1 127.0.0.1 >/dev/null
	done
	[ "$(cat $carve/owners)" = 'nothing is allocated' ]
}

ifconfig lo 127.0.0.1 up
cat /bin/busybox /bin/busybox >/tmp/data
must 'the module loads' load size=32M

must 'the driver binds to its device' bring_up 4000
settles 'the link comes up' linked
check 'the gateway answers' eval 'ping -c 3 -s 1400 10.0.2.2 >/dev/null'
like 'packets are received into pages of the carveout' "$(cat $carve/owners)" \
	'[0-9]+ blocks of pages, .* by e1000_alloc_jumbo_rx_buffers.*\[e1000\]'
like 'and its rings are described in areas' "$(cat $carve/owners)" \
	'vmalloc areas, .* by e1000_setup_all_rx_resources.*\[e1000\]'
check 'a connection echoes its data' echoes 1
check 'five at once do, too' echoes 5
check 'and after the device was reset' eval 'ifconfig eth0 mtu 9000 && sleep 3 && echoes 2'
same 'all is sound in use' "$(tail -n 1 $carve/validate)" ok
check 'meanwhile the carveout must stay' eval '! rmmod carveout 2>/dev/null'
check 'the driver goes' rmmod e1000
settles 'and nothing is left of it' all_back

must 'it comes again' bring_up 1500
settles 'so does the link' linked
check 'with short packets, data is echoed' echoes 2
check 'it goes again' rmmod e1000
settles 'nothing is left' all_back
same 'no free was refused' "$(stat_of bad_frees)" 0
same 'all is sound' "$(tail -n 1 $carve/validate)" ok
unlike 'the device never hung' "$(dmesg)" 'Tx Unit Hang|transmit queue .* timed out|allocation failure'
check_leaks
