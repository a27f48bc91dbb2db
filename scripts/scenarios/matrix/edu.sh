# shellcheck shell=dash
#
# edu.sh - a real device does DMA in a carveout: QEMU's edu, which reaches 28 bits, that is
# 256 MiB. Memory on both sides of this limit is kept back at boot.
#
# kernels: 6.1 6.12 6.12-debug 7.2
# boot: memmap=32M$0xf000000
# memory: 512M
# qemu: -device edu
# file: examples/edu/carveout_edu.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

module=/carveout_edu.ko
copied='carveout_edu .*: 4096 bytes went from 0x0*\([0-9a-f]*\) into the device and back to 0x0*\([0-9a-f]*\)$'

# bind PARAMETER…: loads the driver; $copies is what it says, $out and $back the bus addresses.
bind() {
	before=$(dmesg | wc -l)
	insmod $module "$@"
	said=$(dmesg | tail -n "+$((before + 1))" | grep -e 'carveout' | grep -v taints)
	out=$(echo "$said" | sed -n "s/.*$copied/\1/p")
	back=$(echo "$said" | sed -n "s/.*$copied/\2/p")
	[ -n "$out" ]
}

# below ADDRESS LIMIT: both in hexadecimal
below() { [ $((0x$1)) -lt $((0x$2)) ]; }

# copies WHAT: the driver that is bound has done its copies within reach, and gives all back.
copies() {
	check "$1: the device copies out and back" [ -n "$out" ]
	check "$1: from within its reach ($out)" below "$out" 10000000
	check "$1: and back there ($back)" below "$back" 10000000
	same "$1: the buffers are counted" "$(stat_of dma_buffers) $(stat_of pages_dma)" '2 2'
	like "$1: and their owner is known" "$(cat $carve/owners)" \
		'^[12] DMA buffers, [12] pages, by edu_.*\[carveout_edu\]'
	like "$1: the page map shows them" "$(cat $carve/pagemap)" '^D +2 DMA buffers of devices'
	check "$1: the carveout can't go" eval '! rmmod carveout 2>/dev/null'
	rmmod carveout_edu
	same "$1: they come back" "$(stat_of dma_buffers) $(stat_of pages_dma)" '0 0'
	same "$1: all of them" "$(cat $carve/owners)" 'nothing is allocated'
	same "$1: sound afterwards" "$(tail -n 1 "$carve/validate")" ok
	check "$1: unloads" unload
}

must 'the device is there' grep -q 0x1234 /sys/bus/pci/devices/*/vendor

check 'a carveout within its reach' load size=16M phys=0xf000000
bind bits=28
copies 'within reach'

check 'a carveout that is half within its reach' load size=32M phys=0xf000000
bind bits=28
copies 'half within reach'

check 'one with a zone that is and one that is not' \
	load 'carveouts=default:16M@0x10000000,16M@0xf000000'
bind bits=28
copies 'two zones'

check 'one of ordinary memory below 16 MiB' load 'carveouts=default:2M(dma)'
bind bits=28
copies 'ordinary memory'

check 'a carveout above its reach' load size=16M phys=0x10000000
check 'the device gets nothing there' eval '! bind'
like 'the log says what it reaches, and where the carveout is' "$said" \
	"carveout: default: no DMA buffer for 0000:..:..\..: it reaches up to 0xfffffff, and the carveout's \[mem 0x0*10000000-0x0*10ffffff\] have no block of 4 KiB there"
same 'in one line' "$(echo "$said" | grep -c 'no DMA buffer')" 1
same 'it is counted' "$(stat_of dma_refused)" 1
same 'nothing is left behind' "$(cat $carve/owners)" 'nothing is allocated'
rmmod carveout_edu
check 'it unloads' unload

# So that a copy that went wrong would have been seen above
check 'a carveout above the reach of the device, but not that of the driver' \
	load size=16M phys=0x10000000
check 'the copies go elsewhere' eval '! bind bits=32'
like 'and that is seen' "$said" 'carveout_edu .*: byte [0-9]* came back as'
rmmod carveout_edu
check 'it unloads at the end' unload
check_leaks
