# shellcheck shell=dash
#
# manage.sh - creates and removes carveouts at run time, through the files create and remove.
#
# prefers: um-7.2 *
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

before=$(free_memory)
must 'the module loads with one carveout' load size=16M name=first
must 'there are files to create and remove others' [ -e $debug/create ] && [ -e $debug/remove ]
same 'create is 0600' "$(stat -c %a $debug/create)" 600
same 'remove is 0600' "$(stat -c %a $debug/remove)" 600

# ask LINE FILE: write the line; set $reply to the contents of the file, $said to the log lines.
ask() {
	mark
	echo "$1" 2>$errors >"$debug/$2" && written=0 || written=1
	reply=$(cat "$debug/$2")
	said=$(since_mark)
	return "$written"
}

check 'a carveout is created' ask 'video:16M' create
same 'the reply confirms it' "$reply" 'created video'
like 'the log has a line for it' "$said" '^carveout: video: 16 MiB at .*, from contig on node 0'
check 'a carveout of two zones is created' ask 'net:8M@contig,4M@contig%0' create
check 'a carveout with a name of one letter is created' ask 'a:4M' create
for name in first video net a; do
	carve=$debug/$name
	all_layers "$name"
done

# held NAME LINE: allocate from the named carveout.
held() {
	carve=$debug/$1
	put "$2" alloc
}
held video 'pages 3'
put 'kmalloc 100 x5' alloc
put 'vmalloc 64K' alloc
put 'cache_create frames 500' alloc
put 'cache_alloc frames x3' alloc
check 'removal is refused while memory is allocated' eval '! ask video remove'
like 'removal fails with EBUSY' "$(cat $errors)" "$busy"
like 'the reply has the reason' "$reply" '^error: video is in use'
like 'the log lists blocks' "$said" \
	'^carveout: video: 1 blocks of pages, 8 pages, by .* \[carveout\]$'
like 'the log lists objects' "$said" '^carveout: video: 5 objects of cache kmalloc-128, '
like 'the log lists areas' "$said" '^carveout: video: 1 vmalloc areas, 16 pages, by '
like 'the log lists caches' "$said" '^carveout: video: 3 objects of cache frames, '
check 'the carveout is still there' [ -d $debug/video ]
same 'its invariants hold' "$(tail -n 1 $debug/video/validate)" ok
check 'an unused carveout is removed' ask a remove
same 'the reply confirms it' "$reply" 'removed a'
check 'its directory is gone' [ ! -e $debug/a ]

put all free
check 'removal is refused while it has a cache' eval '! ask video remove'
put 'cache frames' free
check 'removal succeeds once all is free' ask video remove
check 'its directory is gone' [ ! -e $debug/video ]
check 'its name can be used again' ask 'video:8M' create
check 'the new carveout is removed' ask video remove

# refused LINE FILE ERROR REASON
refused() {
	check "'$1' is refused" eval "! ask '$1' $2"
	like "'$1' gives: $3" "$(cat $errors)" "$3"
	like "'$1' says why" "$reply" "^error: .*($4)"
}
bad='Invalid argument'
refused ''               create "$bad"   'an empty line'
refused 'noise'          create "$bad"   "no ':' behind the name"
refused ':16M'           create "$bad"   'not a name'
refused 'a/b:16M'        create "$bad"   'not a name'
refused 'b:'             create "$bad"   'is not a size'
refused 'b:lots'         create "$bad"   '"lots" is not a size'
refused 'create:4M'      create "$bad"   'a file in debugfs has this name'
refused 'remove:4M'      create "$bad"   'a file in debugfs has this name'
refused 'b:0'            create "$bad"   'size is 0|not a size'
refused 'b:4097'         create "$bad"   'not a multiple of the page size'
refused 'b:4K'           create "$bad"   'too small'
refused 'b:16M@well'     create "$bad"   'unknown source "well"'
refused 'b:16M%x'        create "$bad"   '"x" is not a node'
refused 'b:16M%9'        create "$bad"   'node 9 is not online'
refused 'b:16M(foo)'     create "$bad"   'unknown zone type "foo"'
refused 'b:16M(dma'      create "$bad"   'ends with'
refused 'b:4M,4M,4M,4M,4M' create "$bad" 'more than 4 zones'
refused 'b:64G'          create 'Cannot allocate memory|Out of memory' 'exceeds 3/4'
refused 'first:4M'       create 'File exists' 'there is a carveout of this name'
refused 'nobody'         remove 'No such file' 'no carveout nobody'
refused ''               remove "$bad"   'an empty line'
# shellcheck disable=SC2012 # names are plain
same 'none of these lines created or removed anything' "$(ls $debug | tr '\n' ' ')" 'create first net remove '

# makers, takers: create and remove the same carveout in a loop
makers() {
	while [ ! -e /tmp/enough ]; do
		# Each refusal is a line in the log
		if echo a:1M >$debug/create; then echo >>/tmp/made; else usleep 50000; fi
	done
}
takers() { while [ ! -e /tmp/enough ]; do echo a >$debug/remove && echo >>/tmp/taken; done; }
: >/tmp/made
{ makers & makers & takers & takers & } 2>/dev/null
for _ in $(seq 400); do
	[ "$(wc -l </tmp/made)" -lt 40 ] || break
	usleep 200000
done
touch /tmp/enough
wait
echo a 2>/dev/null >$debug/remove && echo >>/tmp/taken
same 'as many carveouts are removed as created' \
	"$(wc -l </tmp/taken)" "$(wc -l </tmp/made)"
check "at least 40 were created ($(wc -l </tmp/made))" [ "$(wc -l </tmp/made)" -ge 40 ]
# shellcheck disable=SC2012 # names are plain
same 'no directory is left over' "$(ls $debug | tr '\n' ' ')" 'create first net remove '

# Run benchmarks in two carveouts at once, each on all CPUs, whose workers wait for each other
cpus=$(grep -c '^processor' /proc/cpuinfo)
echo "run slab_pair 50 sizes=64 cpus=$cpus" >$debug/first/bench &
carve=$debug/net
check 'a benchmark runs while another does' put "run slab_pair 50 sizes=64 cpus=$cpus" bench
check 'the other one runs, too' wait $!

held net 'pages 0 x3'
check 'rmmod fails while one carveout is in use' eval '! unload'
put all free
check 'rmmod removes all carveouts' unload
lost=$((before - $(free_memory)))
check "every page came back ($lost KiB less than before)" [ "$lost" -le 4096 ]
check_leaks
