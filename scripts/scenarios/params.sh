# shellcheck shell=dash
#
# params.sh - checks that each bad parameter gives the right error and one line in the log.
#
# prefers: um-7.2 *
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

before=$(free_memory)

size='is not a size: a number of bytes, or one with K, M or G behind it'
name="not a name: 1 to 31 letters, digits, '-', '_' and '.', which is not the first"
taken='there is a carveout of this name'

load_fails 'no size'           "$invalid" 'size is missing: insmod carveout.ko size=64M'
load_fails 'size 0'            "$invalid" 'size is 0'         size=0
load_fails 'size junk'         "$invalid" "\"junk\" $size"    size=junk
load_fails 'size 64Q'          "$invalid" "\"64Q\" $size"     size=64Q
load_fails 'a negative size'   "$invalid" "\"-1M\" $size"     size=-1M
load_fails 'an unaligned size' "$invalid" 'size 4097 is not a multiple of the page size' size=4097
load_fails 'a size too small'  "$invalid" 'size 4096 is too small: at least 256 KiB' size=4K
load_fails 'more than RAM' "$memory" 'size 65536 MiB exceeds 3/4 of' size=64G
load_fails 'an unknown source' "$invalid" 'unknown source "well"' size=16M source=well
load_fails 'a source that is not there' "$memory|$nodev" 'cma: there is no CMA area' size=16M source=cma
load_fails 'no address' "$invalid|$nodev" 'reserved: (0x0 is not the address|this kernel has no I/O)' \
	size=16M source=reserved
load_fails 'an odd address' "$invalid|$nodev" \
	'reserved: (0x1001 is not the address|this kernel has no I/O)' size=16M phys=0x1001
load_fails 'a junk address' "$invalid" "\`junk' invalid for parameter \`phys'" size=16M phys=junk
load_fails 'a node that is not online' "$invalid" 'node 77 is not online' size=16M node=77
load_fails 'a negative node'   "$invalid" 'node -2 is not online' size=16M node=-2
load_fails 'a junk node'    "$invalid" "\`junk' invalid for parameter \`node'" size=16M node=junk
load_fails 'a name with a slash' "$invalid" "\"a/b\" is $name" size=16M name=a/b
load_fails 'an empty name'     "$invalid" "\"\" is $name"     size=16M name=
load_fails 'a name with a leading dot' "$invalid" "\"\.a\" is $name" size=16M name=.a
load_fails 'a name too long'   "$invalid" "is $name"          size=16M name=12345678901234567890123456789012
load_fails 'the name of a file' "$invalid" 'create: a file in debugfs has this name' size=16M name=create
load_fails 'unknown debug flags' "$invalid" 'slab_debug=FX: flags are F, Z, P, U, Q' \
	size=16M slab_debug=FX

# several WHAT ERROR REASON PARAMETER…: one of several carveouts is bad, and none is left.
several() {
	what=$1 error=$2 reason=$3
	shift 3
	load_fails "$what, of several" "$error" "$reason" "$@"
}
several 'one without a size'   "$invalid" "carveouts=b: no ':' behind the name" 'carveouts=a:4M;b'
several 'a junk size'          "$invalid" "carveouts=b: \"x\" $size" 'carveouts=a:4M;b:x'
several 'an empty one'         "$invalid" "carveouts=: no ':' behind the name" 'carveouts=a:4M;'
several 'a junk node'       "$invalid" 'carveouts=b: "x" is not a node' 'carveouts=a:4M;b:4M%x'
several 'a missing address'           "$invalid" 'carveouts=b: "0x" is not an address' 'carveouts=a:4M;b:4M@0x'
several 'an open type'         "$invalid" "carveouts=b: a zone's type ends with '\)'" 'carveouts=a:4M;b:4M(dma'
several 'an unknown type'      "$invalid" 'carveouts=b: unknown zone type "x"' 'carveouts=a:4M;b:4M(x)'
several 'too many zones'       "$invalid" 'carveouts=b: more than 4 zones' 'carveouts=a:4M;b:1M,1M,1M,1M,1M'
several 'a first zone unmapped' "$invalid" 'b: the first zone holds the metadata' \
	'carveouts=a:4M;b:1M(highmem)'
several 'one too large'        "$memory" 'b: size 65536 MiB exceeds' 'carveouts=a:4M;b:64G'
several 'a name twice'         "$busy" "a: $taken" 'carveouts=a:4M;a:4M'
several 'a name used with size=' "$busy" "a: $taken" size=4M name=a carveouts=a:4M

lost=$((before - $(free_memory)))
check "no memory is lost ($lost KiB less than before)" [ "$lost" -le 4096 ]

check 'good parameters still load' load size=16M source=contig name=good node=0
check 'the carveout has its name in debugfs' [ -d /sys/kernel/debug/carveout/good ]
check 'the module unloads' unload
check_leaks
