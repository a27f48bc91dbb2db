# shellcheck shell=dash
#
# params.sh - bad parameters end in the right error, and one clear line in the log each.
#
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# refuses WHAT ERROR REASON PARAMETER…: loading with these must fail so.
refuses() {
	what=$1 error=$2 reason=$3
	shift 3
	if load "$@"; then
		not_ok "$what is refused"
		unload
		return
	fi
	like "$what gives: $error" "$(cat "$errors")" "$error"
	same "$what gives one line in the log" "$(echo "$said" | wc -l)" 1
	like "$what is named as the reason" "$said" "^carveout: .*($reason)"
}

invalid='Invalid (argument|parameters)'
memory='Cannot allocate memory|Out of memory'

before=$(free_memory)

refuses 'no size'           "$invalid" 'size'
refuses 'size 0'            "$invalid" 'size|zero'    size=0
refuses 'size junk'         "$invalid" 'size|junk'    size=junk
refuses 'size 64Q'          "$invalid" 'size|64Q'     size=64Q
refuses 'a negative size'   "$invalid" 'size|-1'      size=-1M
refuses 'an unaligned size' "$invalid" 'align|page|multiple' size=4097
refuses 'more than there is' "$memory" 'memory|large' size=64G
refuses 'an unknown source' "$invalid" 'source|well'  size=16M source=well
refuses 'a name with a slash' "$invalid" 'name'       size=16M name=a/b
refuses 'an empty name'     "$invalid" 'name'         size=16M name=
refuses 'a node that is not there' "$invalid|$memory" 'node' size=16M node=77

lost=$((before - $(free_memory)))
check "nothing was kept ($lost KiB less than before)" [ "$lost" -le 4096 ]

check 'a good line still loads' load size=16M source=contig name=good node=0
check 'under its name' [ -d /sys/kernel/debug/carveout/good ]
check 'and unloads' unload
check_leaks
