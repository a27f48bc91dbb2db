# shellcheck shell=dash
#
# edu_bounce.sh - where all of a device's mappings go through bounce buffers, memory shared with
# it would not be coherent: it is refused.
#
# kernels: 6.1 6.12 7.2
# boot: swiotlb=force
# memory: 512M
# qemu: -device edu
# file: examples/edu/carveout_edu.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'it loads' load 'carveouts=default:2M(dma)'
check 'the driver loads' insmod /carveout_edu.ko
same 'nothing is copied' "$(dmesg | grep -c 'went from')" 0
reason='carveout: default: no DMA buffer for 0000:.*: its mappings go through bounce buffers'
same 'the log says why, in one line' "$(dmesg | grep -c "$reason")" 1
same 'it is counted' "$(stat_of dma_refused)" 1
same 'nothing is left behind' "$(cat $carve/owners)" 'nothing is allocated'
rmmod carveout_edu
check 'it unloads' unload
