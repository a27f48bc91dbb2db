# shellcheck shell=dash
#
# worst.sh - measures the worst cases of a million atomic allocations and frees each, on a random walk
# over the carveout, which must leave no allocation behind.
#
# kernels: um-*
# memory: 512M
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=160M
for walk in page_walk page_walk_free slab_walk slab_walk_free; do
	for state in '' _whole; do
		worst=${walk}_worst$state
		check "$worst runs" put "run $worst" bench
		like "$worst has its figures" "$reply" "^(page|slab) +$worst +[0-9]+ +1 "
	done
done
for layer in page slab; do
	for state in '' _whole _fresh; do
		worst=${layer}_atomic_worst$state
		check "$worst runs" put "run $worst" bench
		like "$worst has its figures" "$reply" "^$layer +$worst +[0-9]+ +1 "
	done
done
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
same 'no page is left in use' "$(stat_of pages_used)" 0
check 'the module unloads' unload

# The walk is left out where native per-CPU lists could hold the whole carveout.
must 'a small carveout loads' load size=16M
check 'a walk that is left out does not fail' put 'run page_walk_worst' bench
unlike 'it has no figures' "$reply" '^page '
check 'the module unloads with the small carveout' unload
