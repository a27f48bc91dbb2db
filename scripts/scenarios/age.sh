# shellcheck shell=dash
#
# age.sh - simulates an hour of use: the mobility hint limits external fragmentation.
#
# prefers: um-*-debug um-* *
# memory: 512M
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=64M

# whole HINT: print the percentage of free memory in large blocks.
whole() { awk -v hint="$1" '$1 == hint { print int($2) }' $carve/age; }

echo run 1 10 >$carve/age
check "with the hint most free memory is in large blocks ($(whole with) %)" [ "$(whole with)" -ge 80 ]
check "without the hint much less is ($(whole without) %)" \
	[ "$(whole without)" -lt $(($(whole with) - 20)) ]
same 'no allocation failed' "$(awk '/^with/ { print $NF }' $carve/age | sort -u)" 0
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
for bad in run1 'run 1 0' 'run 1 601' 'run x' 'native 1 2 3'; do
	if echo "$bad" >$carve/age 2>/dev/null; then said='done'; else said=$(tail -n 1 $carve/age); fi
	like "'$bad' is refused with a reason" "$said" '^error: .* is not run'
done
check 'the module unloads' unload
