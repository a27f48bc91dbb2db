# shellcheck shell=dash
#
# carveoutctl.sh - runs each command of carveoutctl, and compares what it says with the debugfs files.
#
# prefers: um-7.2 *
# memory: 768M
# python: tools/carveoutctl
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# ctl WORD…: run the tool; set $said, $complaint to what it prints, return its status.
ctl() {
	said=$(/tools/carveoutctl "$@" 2>$errors)
	set -- $?
	complaint=$(cat $errors)
	return "$1"
}

# works WORD…: it must succeed, without a word on standard error.
works() {
	ctl "$@"
	same "carveoutctl $* works" "$? $complaint" '0 '
}

# fails STATUS REASON WORD…: it must fail so, with one line that gives the reason.
fails() {
	wanted=$1 reason=$2
	shift 2
	ctl "$@"
	same "carveoutctl $* fails with $wanted" $? "$wanted"
	same "carveoutctl $* says that in one line" "$(echo "$complaint" | wc -l)" 1
	like "carveoutctl $* says why" "$complaint" "^carveoutctl: .*($reason)"
}

# python WHAT: evaluate an expression on what the tool printed as JSON.
python() {
	echo "$said" >/tmp/said
	/usr/bin/python3 -c "import json; data = json.load(open('/tmp/said')); print($1)"
}

fails 3 'the module carveout is not loaded: modprobe carveout size=64M' list
umount /sys/kernel/debug
fails 3 'debugfs is not mounted: mount -t debugfs debugfs /sys/kernel/debug' list
mount -t debugfs debugfs /sys/kernel/debug
must 'the module loads' load size=32M

works create video '12M,4M(dma32)'
same 'the kernel confirms it' "$said" 'created video'
check 'it is there' [ -d $debug/video ]
fails 1 'there is a carveout of this name' create video 4M
fails 1 '"lots" is not a size' create net lots
fails 4 'no carveout nope; there are: default, video$' show nope
chmod 755 /sys/kernel/debug
said=$(/usr/bin/python3 -c 'import os; os.setuid(65534); os.execv("/tools/carveoutctl", ["ctl", "list"])' 2>&1)
same 'other users than root are refused' $? 3
like 'and told so' "$said" '^carveoutctl: only root can open .*: use sudo$'

works list
like 'list has a line for each carveout' "$said" '^video +16 MiB +'
works list --json
same 'list as JSON has the sizes' "$(python '[c["bytes"] >> 20 for c in data]')" '[32, 16]'

works alloc default pages 3 x5 --json
same 'alloc tells the handles' "$(python 'data["handles"]')" '[1, 5]'
works alloc default cache_create frames 500
works debug default ZU 'fr*'
like 'debug shows the flags' "$said" '^frames +ZU '
works alloc default cache_alloc frames x7
works alloc default vmalloc 1M
same 'the handles are there' "$(stat_of handles)" 13
fails 1 'order "99" is not a number from 0 to' alloc default pages 99
fails 1 'unknown word "nonsense"' alloc default nonsense

works show default
like 'show has the pages of areas' "$said" '^vmalloc areas +256 +1 MiB '
works show --json default
for key in pages_used pages_area bytes handles; do
	same "show as JSON has $key" "$(python "data[0]['stats']['$key']")" "$(stat_of $key)"
done
works map default
like 'map has the area' "$said" 'VVVVVVVVVVVVVVVV'
like 'map counts its pages' "$said" '^V +256 vmalloc areas$'
works map --color always default
like 'map is painted' "$said" "$(printf '\033\\[97;48;5;133m')V"
works allocations default
like 'allocations has the area' "$said" '^ +1 MiB +1  vmalloc areas +alloc_area'
like 'allocations has the objects with their owner' "$said" ' 7  objects of frames +alloc_handle_object'
works allocations --json default
same 'allocations has as many areas as the file' \
	"$(python 'sum(a["count"] for a in data["default"] if a["what"] == "vmalloc areas")')" "$(stat_of areas)"
works validate
same 'validate finds nothing' "$said" "$(printf 'default: ok\nvideo: ok')"

# Memory is allocated between two looks of top.
: >/tmp/top
/tools/carveoutctl top -n 2 -d 2 default >/tmp/top 2>&1 &
top=$!
settles 'top has looked' grep -q 'BY$' /tmp/top
put 'kmalloc 64K x16' alloc
wait $top
same 'top ends' $? 0
like 'top shows what was allocated meanwhile' "$(tail -n 20 /tmp/top)" '^ +1 MiB +\+[0-9.]+ KiB +16  default +large kmallocs'

works fuzz video seed=1 steps=500
like 'fuzz shows the result' "$said" '^result ok$'
fails 1 'something is allocated, see allocations' fuzz default seed=1 steps=500
fails 1 '"steps=x"|steps' fuzz video steps=x

works bench default page_pair kmalloc_pair --batches 3 --sizes 0,64 --svg /tmp/ratio.svg
like 'bench has a row for the pages' "$said" ' page_pair +0  alloc_pages '
like 'bench has a row for kmalloc' "$said" ' kmalloc_pair +64  kmalloc '
like 'bench draws a picture' "$(cat /tmp/ratio.svg)" '>kmalloc_pair 64<'
fails 1 'with an existing case or layer' bench default nonsense

works report -o /tmp/report.html --seconds 0.2 --samples 3
like 'the report has a page map' "$(cat /tmp/report.html)" 'Page map'
like 'the report has the timings of the last run' "$(cat /tmp/report.html)" '<td class=left>kmalloc_pair</td>'
works export --prometheus
like 'export has the kinds of pages' "$said" '^carveout_pages\{carveout="default",kind="area"\} 256$'
like 'export has the caches' "$said" '^carveout_cache_objects\{carveout="default",cache="frames"\} 7$'

fails 1 'default is in use' remove default
works debug default --off 'fr*'
works free default 1-5
same 'free tells how many' "$said" 'freed 5'
fails 1 'no handle 1$' free default 1
works free default all
works free default cache frames
works remove video
check 'it is gone' [ ! -e $debug/video ]
same 'nothing is left' "$(cat $carve/allocations)" 'nothing is allocated'
check 'the module unloads' unload
