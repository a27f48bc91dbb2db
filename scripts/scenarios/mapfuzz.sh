# shellcheck shell=dash
#
# mapfuzz.sh - runs programs that map, fork, pin and unpin in random order and compare memory with a
# model. Memory of a CMA area can't be pinned.
#
# memory: 1G
# boot: cma=64M
# program: mapfuzz
# prefers: 6* 7* um-*
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

none() { [ "$(stat_of pages_user) $(stat_of pages_user_index) $(stat_of user_files)" = '0 0 0' ]; }

# maps SOURCE SEED STEPS [nopin]: run mapfuzz and check its result
maps() {
	source=$1
	shift
	said=$(/mapfuzz /dev/carveout "$@" 2>&1) && status=0 || status=$?
	same "$source, seed $1: memory has what was written" "$status ${said##* }" '0 ok'
	echo "# $said"
}

# goes SOURCE: check that all memory is freed and the module unloads
goes() {
	settles "$1: all pages are freed" none
	same "$1: all invariants hold" "$(tail -n 1 $carve/validate)" ok
	check "$1: it unloads" unload
}

must 'the module loads' load size=32M
maps contig 1 1000
maps contig 2 1000
goes contig
if load size=32M source=cma; then
	maps cma 3 1000 nopin
	goes cma
else
	like 'without CMA areas, the source cma is refused' "$said" 'CMA'
fi
check_leaks
