# shellcheck shell=dash
#
# edu_iommu.sh - tests DMA through an IOMMU: QEMU's edu has bus addresses of 28 bits, and the carveout
# lies above them.
#
# kernels: 6.1 6.12
# boot: memmap=32M$0x10000000 intel_iommu=on iommu.passthrough=0
# memory: 512M
# qemu: -device intel-iommu -device edu
# file: examples/edu/carveout_edu.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'there is an IOMMU' test -e /sys/class/iommu/dmar0
must 'it translates' grep -q DMA /sys/bus/pci/devices/*/iommu_group/type
check 'a carveout above 256 MiB loads' load size=16M phys=0x10000000
check 'the device copies out of it and back' insmod /carveout_edu.ko
addresses=$(dmesg | sed -n 's/.*carveout_edu .* went from 0x0*\([0-9a-f]*\) .* back to 0x0*\([0-9a-f]*\)$/\1 \2/p')
like 'the bus addresses have 28 bits' "$addresses" '^[0-9a-f]{1,7} [0-9a-f]{1,7}$'
same 'the driver has two buffers and a page of a pool' "$(stat_of dma_buffers)" 3
rmmod carveout_edu
same 'the buffers are freed' "$(stat_of dma_buffers) $(stat_of pages_dma)" '0 0'
same 'nothing was refused' "$(stat_of dma_refused) $(misuses)" '0 0'
check 'the module unloads' unload
