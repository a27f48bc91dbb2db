# shellcheck shell=dash
#
# faults.sh - injects failures into the kernel's allocators: the first native allocation of an
# operation fails, then the second, and so on for all of them. Each time the operation must succeed or
# return ENOMEM, without a warning in the log and without a leak.
#
# kernels: 6.12-debug
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

faults=/sys/kernel/debug
for kind in failslab fail_page_alloc; do
	echo N >$faults/$kind/ignore-gfp-wait
	echo 0 >$faults/$kind/verbose
done
echo 0 >$faults/fail_page_alloc/min-order

# sweep LINE FILE UNDO FILE: set $tries to the number of tries, $refused to the number of failures, and
# $odd to the last error that was not ENOMEM.
sweep() {
	tries=0 refused=0 odd='' left=0
	while [ "$left" = 0 ] && [ $tries -lt 400 ]; do
		tries=$((tries + 1))
		if failing $tries "$1" "$2"; then
			echo "$3" >"$4"
		else
			refused=$((refused + 1))
			grep -q 'memory' $errors || odd=$(cat $errors)
		fi
	done
}

# failing N LINE FILE: write the line with the Nth allocation of this process failing; $left is not 0
# if there were fewer.
failing() {
	exec 2>$errors 3>"$3"
	echo "$1" >/proc/self/fail-nth
	written=1
	echo "$2" >&3 && written=0
	left=0
	read -r left </proc/self/fail-nth
	echo 0 >/proc/self/fail-nth
	exec 2>&1 3>&-
	return $written
}

must 'the module loads' load size=16M
sweep more:3M $debug/create more $debug/remove
check "a carveout is created with each of $tries allocations failing" [ $tries -gt 50 ]
check 'the number of allocations is below 400' [ $tries -lt 400 ]
same 'creating a carveout fails with ENOMEM only' "$odd" ''

while read -r line; do
	sweep "$line" $carve/alloc all $carve/free
	check "$line: $tries tries, $refused refused" [ $tries -gt 1 ]
	same "$line fails with ENOMEM only" "$odd" ''
done <<-LINES
	pages 3
	kmalloc 100 x20
	vmalloc 300000
	vzalloc 20000 x5
LINES
sweep 'cache_create foo 100' $carve/alloc 'cache foo' $carve/free
check "cache_create: $tries tries, $refused refused" [ $tries -gt 1 ]
same 'cache_create fails with ENOMEM only' "$odd" ''

same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
same 'no misuse was reported' "$(misuses)" 0
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
check 'the module unloads' unload
check_leaks
