# shellcheck shell=dash
#
# edu.sh - tests DMA by a device, QEMU's edu, with a DMA mask of 28 bits (256 MiB). Memory on both
# sides of this limit is reserved at boot.
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

# bind PARAMETER…: load the driver; set $said to its log lines, $out and $back to the bus addresses.
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

# copies WHAT: check that the driver copied within the DMA mask, and frees its buffers.
copies() {
	check "$1: the device copies out and back" [ -n "$out" ]
	check "$1: the source is within the DMA mask ($out)" below "$out" 10000000
	check "$1: the destination is within the DMA mask ($back)" below "$back" 10000000
	same "$1: the buffers are counted" "$(stat_of dma_buffers) $(stat_of pages_dma)" '3 3'
	like "$1: the allocation report has the driver" "$(cat $carve/allocations)" \
		'^[123] DMA buffers, [123] pages, by edu_.*\[carveout_edu\]'
	like "$1: the page map shows them" "$(cat $carve/pagemap)" '^D +3 DMA buffers of devices'
	check "$1: the carveout module does not unload in use" eval '! rmmod carveout 2>/dev/null'
	rmmod carveout_edu
	same "$1: the buffers are freed" "$(stat_of dma_buffers) $(stat_of pages_dma)" '0 0'
	same "$1: nothing is allocated" "$(cat $carve/allocations)" 'nothing is allocated'
	same "$1: all invariants hold" "$(tail -n 1 "$carve/validate")" ok
	check "$1: the module unloads" unload
}

must 'the device is there' grep -q 0x1234 /sys/bus/pci/devices/*/vendor

check 'a carveout within the DMA mask loads' load size=16M phys=0xf000000
bind bits=28
copies 'within reach'

check 'a carveout half within the DMA mask loads' load size=32M phys=0xf000000
bind bits=28
copies 'half within reach'

check 'a carveout with one zone within the DMA mask and one beyond loads' \
	load 'carveouts=default:16M@0x10000000,16M@0xf000000'
bind bits=28
copies 'two zones'

check 'a carveout of ordinary memory below 16 MiB loads' load 'carveouts=default:2M(dma)'
bind bits=28
copies 'ordinary memory'

check 'a carveout beyond the DMA mask loads' load size=16M phys=0x10000000
check 'the device gets no buffer there' eval '! bind'
like 'the log says what it reaches, and where the carveout is' "$said" \
	"carveout: default: no DMA buffer for 0000:..:..\..: it reaches up to 0xfffffff, and the carveout's \[mem 0x0*10000000-0x0*10ffffff\] have no block of 4 KiB there"
same 'the log has one line' "$(echo "$said" | grep -c 'no DMA buffer')" 1
same 'the refusal is counted' "$(stat_of dma_refused)" 1
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
rmmod carveout_edu
check 'the module unloads' unload

# Verify that the driver detects copies to wrong addresses
check 'a carveout beyond the reach of the device loads, for a driver with a DMA mask of 32 bits' \
	load size=16M phys=0x10000000
check 'the copies fail' eval '! bind bits=32'
like 'the driver reports the difference' "$said" 'carveout_edu .*: byte [0-9]* came back as'
rmmod carveout_edu
check 'the module unloads at the end' unload
check_leaks
