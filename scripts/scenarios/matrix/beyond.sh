# shellcheck shell=dash
#
# beyond.sh - memory that lies beyond all that the kernel knows: it has no struct pages at all.
#
# kernels: 6.1 6.12-debug 7.2
# boot: mem=512M
# memory: 1G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'it loads' load size=64M phys=0x30000000
like 'and says where' "$said" '\[mem 0x0*30000000-0x0*33ffffff\], zone HighMem, from reserved'
all_layers 'memory without struct pages'
check 'it unloads' unload
check_leaks
