# shellcheck shell=dash
#
# demo.sh - demonstrates the module in the guest: loads it, allocates from each layer through debugfs,
# shows the debugfs files, and frees everything.
#
# boot: init_on_alloc=0
# memory: 1G

cd /sys/kernel/debug || exit
set -eu
# shellcheck disable=SC2154 # from the kernel's command line
colour=${colour:-no}
if [ "$colour" = yes ]; then
	bold=$(printf '\033[1;36m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
else
	bold='' dim='' plain=''
fi

title() { printf '\n%s--- %s ---%s\n' "$bold" "$*" "$plain"; }
why()   { echo "$dim# $*$plain"; }

# show FILE: print the file as with cat
show() {
	echo "${dim}# cat $1$plain"
	cat "$1"
}

# run LINE FILE: write the line as with echo, and print the reply
run() {
	echo "$1" >"$2"
	printf '%s# %-40s%s %s\n' "$dim" "echo $1 > $2" "$plain" "$(cat "$2")"
}

# paint FILE: print the page map, in colour if wanted; count rows that have free pages only.
paint() {
	awk -v colour="$colour" '
	function flush_free() { if (free) printf "%10s %d rows of free pages only\n", "", free; free = 0 }
	/^[0-9a-f]+ [.]+$/ { free++; next }
	{ flush_free() }
	/^[0-9a-f]+ [^ ]+$/ && colour == "yes" {
		row = $2; gsub(/[A-Za-z]+/, "\033[1;34m&\033[0m", row); print $1, row; next
	}
	{ print }' "$1"
}

title "Linux $(uname -r), $(nproc) CPUs"
why 'insmod carveout.ko size=64M'
insmod /carveout.ko size=64M
dmesg | sed -n 's/^.*\] \(carveout: default: \)/\1/p'
cd carveout/default

title 'The buddy lists at first: free blocks of 1, 2, 4 … pages'
show buddyinfo
at_first=$(cat buddyinfo)

title 'Allocate from every layer'
run 'pages 0' alloc
run 'pages 3' alloc
run 'pages 9' alloc
run 'pages 0 GFP_ATOMIC x20' alloc
run 'cache_create foo 192' alloc
run 'cache_alloc foo x500' alloc
run 'kmalloc 100' alloc
run 'kmalloc 1500 x40' alloc
run 'kmalloc 64K' alloc
run 'vmalloc 1M' alloc
run 'vzalloc 300K' alloc
run '2' free

title 'The buddy lists now'
show buddyinfo
title 'Slab caches in use'
awk 'NR == 2 || $2 > 0' slabinfo | cut -d : -f 1
title 'Virtually contiguous areas'
show vmallocinfo
title 'The page map'
paint pagemap
title 'Statistics'
why 'cat stats'
paste - - - <stats | awk '{ printf "%-18s%10s     %-18s%10s     %-18s%10s\n", $1, $2, $3, $4, $5, $6 }'
title 'Every invariant of every layer'
show validate
tail -n 1 validate | grep -qx ok

title "Benchmark against the kernel's allocators: median ns per pair"
why 'Under emulation, compare the columns with each other, not with other machines.'
why 'Booted with init_on_alloc=0: otherwise zeroing pages dominates on both sides.'
echo "$dim# echo run > bench$plain"
echo run >bench
show bench

title 'Free everything'
run 'all' free
run 'cache foo' free
echo 1 >drain
echo 1 >shrink
echo 1 >drain
show buddyinfo
[ "$(cat buddyinfo)" = "$at_first" ] || { echo 'the buddy lists differ from those at first'; exit 1; }
tail -n 1 validate | grep -qx ok
cd /
rmmod carveout
echo 'The module is unloaded; all pages are returned to the kernel.'
