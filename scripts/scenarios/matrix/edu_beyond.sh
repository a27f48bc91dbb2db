# shellcheck shell=dash
#
# edu_beyond.sh - tests DMA in memory above mem=, which has no struct pages.
#
# kernels: 6.1 6.12 7.2
# boot: mem=256M
# memory: 512M
# qemu: -device edu,dma_mask=0xffffffff
# file: examples/edu/carveout_edu.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=16M phys=0x18000000
check 'the driver loads' insmod /carveout_edu.ko bits=32
like 'the device copies out of it and back' "$(dmesg)" \
	'carveout_edu .* went from 0x0*18[0-9a-f]{6} into the device and back to 0x0*18[0-9a-f]{6}$'
same 'the driver has two buffers and a page of a pool' "$(stat_of dma_buffers)" 3
rmmod carveout_edu
same 'the buffers are freed' "$(stat_of dma_buffers) $(stat_of pages_dma)" '0 0'
same 'nothing was refused' "$(stat_of dma_refused) $(misuses)" '0 0'
check 'the module unloads' unload
