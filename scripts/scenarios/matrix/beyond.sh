# shellcheck shell=dash
#
# beyond.sh - tests memory above mem=, for which the kernel has no struct pages.
#
# kernels: 6.1 6.12-debug 7.2
# boot: mem=512M
# memory: 1G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=64M phys=0x30000000
like 'the log has the range' "$said" '\[mem 0x0*30000000-0x0*33ffffff\], zone HighMem, from reserved'
all_layers 'memory without struct pages'
check 'the module unloads' unload
check_leaks
