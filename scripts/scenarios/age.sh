# shellcheck shell=dash
#
# age.sh - an hour of use, simulated: the lifetime hint keeps free memory whole.
#
# beside um: um-*
# memory: 512M
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'it loads' load size=64M

# whole HINT: of what is free, how many per cent lie in large blocks.
whole() { awk -v hint="$1" '$1 == hint { print int($2) }' $carve/age; }

echo run 1 10 >$carve/age
check "with the hint most free memory stays whole ($(whole with) %)" [ "$(whole with)" -ge 80 ]
check "without it much less does ($(whole without) %)" \
	[ "$(whole without)" -lt $(($(whole with) - 20)) ]
same 'nothing failed' "$(awk '/^with/ { print $NF }' $carve/age | sort -u)" 0
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
for bad in run1 'run 1 0' 'run 1 601' 'run x' 'native 1 2 3'; do
	if echo "$bad" >$carve/age 2>/dev/null; then said='done'; else said=$(tail -n 1 $carve/age); fi
	like "'$bad' is refused with a reason" "$said" '^error: .* is not run'
done
check 'it unloads' unload
