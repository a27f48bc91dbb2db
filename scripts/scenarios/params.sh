# shellcheck shell=dash
#
# params.sh - bad parameters end in the right error, and one clear line in the log each.
#
# beside um: um-7.2 6* 7*
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

before=$(free_memory)

load_fails 'no size'           "$invalid" 'size'
load_fails 'size 0'            "$invalid" 'size|zero'    size=0
load_fails 'size junk'         "$invalid" 'size|junk'    size=junk
load_fails 'size 64Q'          "$invalid" 'size|64Q'     size=64Q
load_fails 'a negative size'   "$invalid" 'size|-1'      size=-1M
load_fails 'an unaligned size' "$invalid" 'align|page|multiple' size=4097
load_fails 'more than there is' "$memory" 'memory|large' size=64G
load_fails 'an unknown source' "$invalid" 'source|well'  size=16M source=well
load_fails 'a name with a slash' "$invalid" 'name'       size=16M name=a/b
load_fails 'an empty name'     "$invalid" 'name'         size=16M name=
load_fails 'a node that is not there' "$invalid|$memory" 'node' size=16M node=77

lost=$((before - $(free_memory)))
check "nothing was kept ($lost KiB less than before)" [ "$lost" -le 4096 ]

check 'a good line still loads' load size=16M source=contig name=good node=0
check 'under its name' [ -d /sys/kernel/debug/carveout/good ]
check 'and unloads' unload
check_leaks
