# shellcheck shell=dash
#
# load.sh - the module takes its block, says so in one line, and gives every page back.
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

before=$(free_memory)

must 'size=64M loads' load size=64M
same 'one line in the log' "$(echo "$said" | wc -l)" 1
like 'it tells size, place, source and times' "$said" \
	'^carveout: default: 64 MiB at \[mem 0x[0-9a-f]+-0x[0-9a-f]+\], zone [A-Za-z0-9]+, from contig on node 0, reserved in [0-9]+ us, ready in [0-9]+ us$'
held=$((before - $(free_memory)))
check "some 64 MiB are gone from MemFree ($held KiB)" [ "$held" -ge 49152 ]

put 'pages 3' alloc
like 'a block is taken' "$reply" '^handle [0-9]+$'
check 'rmmod refuses while it is held' eval '! unload'
like 'with an errno that says so' "$(cat "$errors")" 'temporarily unavailable|busy'
put all free
check 'rmmod works once it is free' unload

lost=$((before - $(free_memory)))
check "every page came back ($lost KiB less than before)" [ "$lost" -le 4096 ]

check 'it loads again' load size=64M
check 'and unloads again' unload
check_leaks
