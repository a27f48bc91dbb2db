# shellcheck shell=dash
#
# worst.sh - the worst cases of atomic allocations and frees are measured over a million of each, on
# a random walk as wide as the carveout, which holds at its end what it held at its beginning.
#
# kernels: um-*
# memory: 512M
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'it loads' load size=160M
for walk in page_walk page_walk_free slab_walk slab_walk_free; do
	check "$walk runs" put "run ${walk}_worst" bench
	like "$walk has its figures" "$reply" "^(page|slab) +${walk}_worst +[0-9]+ +1 "
done
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
same 'no page is left over' "$(stat_of pages_used)" 0
check 'it unloads' unload

# Where native per-CPU lists could hold all of it, the walk says nothing, and is left out.
must 'a small one loads' load size=16M
check 'a walk of no use is no failure' put 'run page_walk_worst' bench
unlike 'and gives no figures' "$reply" '^page '
check 'it unloads, too' unload
