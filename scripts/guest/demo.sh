# shellcheck shell=dash
#
# demo.sh - the grand tour, in the guest: loads the module, works each layer through debugfs,
# shows what that looks like from inside, and puts everything back.
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

# show FILE: as a user would look at it
show() {
	echo "${dim}# cat $1$plain"
	cat "$1"
}

# poke LINE FILE: as a user would poke it
poke() {
	echo "$1" >"$2"
	printf '%s# %-40s%s %s\n' "$dim" "echo $1 > $2" "$plain" "$(cat "$2")"
}

# paint FILE: the page map, in colours if there are any; rows of free pages only are counted.
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

title "Linux $(uname -r), $(nproc) processors"
why 'insmod carveout.ko size=64M'
insmod /carveout.ko size=64M
dmesg | sed -n 's/^.*\] \(carveout: default: \)/\1/p'
cd carveout/default

title 'The buddy lists at first: free blocks of 1, 2, 4 … pages'
show buddyinfo
at_first=$(cat buddyinfo)

title 'Working every layer'
poke 'pages 0' alloc
poke 'pages 3' alloc
poke 'pages 9' alloc
poke 'pages 0 GFP_ATOMIC x20' alloc
poke 'cache_create foo 192' alloc
poke 'cache_alloc foo x500' alloc
poke 'kmalloc 100' alloc
poke 'kmalloc 1500 x40' alloc
poke 'kmalloc 64K' alloc
poke 'vmalloc 1M' alloc
poke 'vzalloc 300K' alloc
poke '2' free

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

title 'How fast: beside the native allocators, median ns per pair'
why 'under emulation compare the columns with each other, not with other machines.'
why 'booted with init_on_alloc=0: where both sides zero each page, zeroing is what one measures.'
show bench

title 'Putting everything back'
poke 'all' free
poke 'cache foo' free
echo 1 >drain
echo 1 >shrink
echo 1 >drain
show buddyinfo
[ "$(cat buddyinfo)" = "$at_first" ] || { echo 'these are not the lists of the beginning'; exit 1; }
tail -n 1 validate | grep -qx ok
cd /
rmmod carveout
echo 'unloaded; every page is back with the system'
