# shellcheck shell=dash
#
# edu_beyond.sh - DMA in memory beyond all that the kernel knows, without struct pages.
#
# kernels: 6.1 6.12 7.2
# boot: mem=256M
# memory: 512M
# qemu: -device edu,dma_mask=0xffffffff
# file: examples/edu/carveout_edu.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'it loads' load size=16M phys=0x18000000
check 'the driver loads' insmod /carveout_edu.ko bits=32
like 'the device copies out of it and back' "$(dmesg)" \
	'carveout_edu .* went from 0x0*18[0-9a-f]{6} into the device and back to 0x0*18[0-9a-f]{6}$'
same 'the buffers are there' "$(stat_of dma_buffers)" 2
rmmod carveout_edu
same 'they come back' "$(stat_of dma_buffers) $(stat_of pages_dma)" '0 0'
same 'nothing was refused' "$(stat_of dma_refused) $(stat_of bad_frees)" '0 0'
check 'it unloads' unload
