# shellcheck shell=dash
#
# load.sh - the module reserves its memory, logs one line, and returns every page when it unloads.
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

before=$(free_memory)
total() { awk '/^MemTotal:/ { print $2 }' /proc/meminfo; }
total=$(total)

must 'size=64M loads' load size=64M
same 'one line in the log' "$(echo "$said" | wc -l)" 1
like 'it has the size, range, source and times' "$said" \
	'^carveout: default: 64 MiB at \[mem 0x[0-9a-f]+-0x[0-9a-f]+\], zone [A-Za-z0-9]+, from contig on node 0, reserved in [0-9]+ us, ready in [0-9]+ us$'
held=$((before - $(free_memory)))
check "some 64 MiB are gone from MemFree ($held KiB)" [ "$held" -ge 49152 ]
same 'it stays in MemTotal' "$(total)" "$total"
same 'stats say what counts as used' "$(stat_of meminfo_used_bytes)" $((64 << 20))
like 'stats say why' "$(tail -n 1 $carve/stats)" '^meminfo has meminfo_used_bytes in MemTotal, but not in MemFree'

put 'pages 3' alloc
like 'a block is allocated' "$reply" '^handle [0-9]+$'
check 'rmmod fails while it is allocated' eval '! unload'
like 'rmmod fails with EAGAIN or EBUSY' "$(cat "$errors")" 'temporarily unavailable|busy'
put all free
check 'rmmod succeeds once it is free' unload

lost=$((before - $(free_memory)))
check "every page came back ($lost KiB less than before)" [ "$lost" -le 4096 ]

# EEXIST would tell modprobe that the module is loaded. Newer kernels replace it, so this is for older ones.
taken='a: there is a carveout of this name'
load_fails 'a name twice' "$busy" "$taken" 'carveouts=a:4M;a:4M'
load_fails 'a name used with size=' "$busy" "$taken" size=4M name=a carveouts=a:4M

check 'the module loads again' load size=64M
check 'the module unloads again' unload
check_leaks
