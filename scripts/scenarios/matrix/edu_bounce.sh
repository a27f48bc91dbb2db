# shellcheck shell=dash
#
# edu_bounce.sh - with swiotlb=force all DMA uses bounce buffers, so that memory shared with a device
# would not be coherent: DMA buffers are refused.
#
# kernels: 6.1 6.12 7.2
# boot: swiotlb=force
# memory: 512M
# qemu: -device edu
# file: examples/edu/carveout_edu.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load 'carveouts=default:2M(dma)'
check 'the driver loads' insmod /carveout_edu.ko
same 'nothing is copied' "$(dmesg | grep -c 'went from')" 0
reason='carveout: default: no DMA buffer for 0000:.*: its mappings go through bounce buffers'
same 'the log says why, in one line' "$(dmesg | grep -c "$reason")" 1
same 'the refusal is counted' "$(stat_of dma_refused)" 1
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
rmmod carveout_edu
check 'the module unloads' unload
