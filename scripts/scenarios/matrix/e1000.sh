# shellcheck shell=dash
#
# e1000.sh - tests a network driver of the kernel, built unchanged with carveout_native.h. NAPI
# allocates pages of the carveout in softirqs, the device does DMA into them, and the network stack
# frees them. QEMU answers pings and echoes TCP data.
#
# kernels: 6.12
# qemu: -netdev user,id=n0,guestfwd=tcp:10.0.2.100:7-cmd:cat -device e1000,netdev=n0
# file: examples/native_e1000/e1000.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# bring_up MTU: load the driver; above 1500 it receives packets into pages.
bring_up() {
	insmod /e1000.ko && ifconfig eth0 mtu "$1" &&
		ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
}
linked() { grep -q 1 /sys/class/net/eth0/carrier; }

# echoes N: send data over N connections at once, and compare the echo.
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

# all_back: test whether all memory of the carveout is free. A CPU frees packets that another CPU has
# read only when it receives the next packet, so send one to each.
all_back() {
	for cpu in 1 2; do
		taskset $cpu ping -c 1 127.0.0.1 >/dev/null
	done
	[ "$(cat $carve/allocations)" = 'nothing is allocated' ]
}

ifconfig lo 127.0.0.1 up
cat /bin/busybox /bin/busybox >/tmp/data
must 'the module loads' load size=32M

must 'the driver binds to its device' bring_up 4000
settles 'the link comes up' linked
check 'the gateway answers' eval 'ping -c 3 -s 1400 10.0.2.2 >/dev/null'
like 'packets are received into pages of the carveout' "$(cat $carve/allocations)" \
	'[0-9]+ blocks of pages, .* by e1000_alloc_jumbo_rx_buffers.*\[e1000\]'
like 'its rings are described in vmalloc areas' "$(cat $carve/allocations)" \
	'vmalloc areas, .* by e1000_setup_all_rx_resources.*\[e1000\]'
check 'a connection echoes its data' echoes 1
check 'five connections at once echo their data' echoes 5
check 'two connections echo their data after a reset' eval 'ifconfig eth0 mtu 9000 && sleep 3 && echoes 2'
same 'all invariants hold in use' "$(tail -n 1 $carve/validate)" ok
check 'the carveout module does not unload in use' eval '! rmmod carveout 2>/dev/null'
check 'the driver unloads' rmmod e1000
settles 'all its memory is freed' all_back

must 'the driver loads again' bring_up 1500
settles 'the link comes up again' linked
check 'short packets are echoed' echoes 2
check 'the driver unloads again' rmmod e1000
settles 'all memory is freed' all_back
same 'no misuse was reported' "$(misuses)" 0
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
unlike 'the device never hung' "$(dmesg)" 'Tx Unit Hang|transmit queue .* timed out|allocation failure'
check_leaks
