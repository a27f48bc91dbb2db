# shellcheck shell=dash
#
# broken.sh - pages with a hardware memory error (hwpoison) are not allocated any more.
#
# kernels: 6.12 *-debug
# program: mapper
# modules: hwpoison-inject
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

if ! zcat /proc/config.gz 2>/dev/null | grep -q HWPOISON_INJECT=y; then
	[ ! -e /hwpoison-inject.ko ] || insmod /hwpoison-inject.ko
fi
inject=/sys/kernel/debug/hwpoison/corrupt-pfn
must 'the kernel can inject memory errors' [ -e $inject ]
must 'the module loads' load size=16M
first=$(echo "$said" | sed -n 's/.*\[mem 0x0*\([0-9a-f]*\)-.*/\1/p')
first=$((0x$first / 4096))

broken() { same "$1" "$(stat_of pages_broken)" "$2"; }
# break_frame NUMBER: poison a page of the carveout by number. The write fails by design.
break_frame() { echo $((first + $1)) 2>/dev/null >$inject; }
# take_all ORDER: allocate all blocks of this order
take_all() {
	for times in 1000 100 10 1; do
		while put "pages $1 x$times" alloc; do :; done
	done
}
# mine: print how many pages can be allocated
mine() {
	take_all 0
	stat_of pages_used
	put all free
}
put 0 min_free_kbytes
all=$(mine)

# A page that a program maps
start /mapper /dev/carveout
tell 'map a 1M'
does 'fill a 0 1M 7'
tell 'advise a 4K 4K poison'
like 'the kernel reports a memory failure' "$(dmesg)" 'Memory failure: 0x'
broken 'the page is not counted as broken in use' 0
stop
none() { [ "$(stat_of pages_user)" = 0 ]; }
settles 'all pages of the program are freed' none
broken 'the broken page is withheld' 1
like 'the log has a line for it' "$(dmesg)" 'carveout: default: the memory of page 0x[0-9a-f]+ is broken: withheld'
like 'the page map shows the broken page' "$(cat $carve/pagemap)" '^X +1 withheld: the memory is broken$'
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
same 'the broken page is not allocated' "$(mine)" $((all - 1))

# A free page in the middle of a large block
break_frame 2048
put 1 drain
broken 'a free broken page is withheld by drain' 2
same 'it is not allocated' "$(mine)" $((all - 2))

# Pages in use, single and in a block
take_all 0
break_frame 3000
break_frame 3001
broken 'broken pages in use are not counted' 2
put all free
put 1 drain
broken 'they are withheld when they are freed' 4
same 'all invariants hold again' "$(tail -n 1 $carve/validate)" ok
same 'they are not allocated' "$(mine)" $((all - 4))
take_all 8
check 'large blocks can still be allocated' [ "$(stat_of pages_used)" -gt 1024 ]
break_frame 2577
break_frame 2860
put all free
put 1 drain
broken 'only the broken pages of a block are withheld' 6
same 'all invariants hold in the end' "$(tail -n 1 $carve/validate)" ok
all_layers 'beside broken memory'
check 'the module unloads' unload
