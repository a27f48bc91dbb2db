# shellcheck shell=dash
#
# heap.sh - runs a program that has its heap in a carveout, with libmemkind.
#
# kernels: um-7.2 6.1 6.12 7.2
# memory: 1G
# example: heap
# packages: libmemkind-dev
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=64M
kib() { awk '$3 == "heap" { print $5 }' $carve/user; }

start /heap /dev/carveout 32
same 'the program starts' "$reply" 'a heap of 32 MiB, mapped from /dev/carveout'
like 'its heap has no pages yet' "$(cat $carve/user)" ' heap +32768 +0 +0$'
# goes_on LINE: let the program continue, and check the line that it prints.
goes_on() {
	tell ''
	same "$1" "$reply" "$1"
}
goes_on '50000 small blocks of 100 bytes'
small=$(kib)
check "5 MB of small blocks are in the carveout ($small KiB)" \
	eval "[ $small -ge 4882 ] && [ $small -le 8192 ]"
goes_on '6 large blocks of 2048 KiB'
large=$(kib)
check "12 MiB of large blocks are in the carveout ($large KiB)" [ "$large" -ge $((small + 12288)) ]
check 'the page map shows the heap' eval "[ $(awk '$1 == "U" { print $2 }' $carve/pagemap) -ge $((large / 4)) ]"
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
goes_on 'all blocks freed'
goes_on 'its memory given back'
same 'no page is left in use' "$(stat_of pages_user)" 0
tell ''
exec 7>&- 8<&-
wait "$program"
same 'the program exits with 0' $? 0
check 'the module unloads' unload
