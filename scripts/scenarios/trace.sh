# shellcheck shell=dash
#
# trace.sh - checks the tracepoints through tracefs: the fields of each event, that an enabled event
# sees every allocation, and that allocations use the fast path while events are disabled.
#
# kernels: 6.1 6.12 6.12-debug 7.2
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

tracing=/sys/kernel/tracing
events=$tracing/events/carveout
mount -t tracefs tracefs $tracing
must 'the module loads' load size=8M
same 'there are these events' "$(cd $events && echo carve_*)" \
	'carve_drain carve_fail carve_map carve_merge carve_object_alloc carve_object_free carve_page_alloc carve_page_free carve_refill carve_split carve_unmap'

# listen EVENT…: enable these carve_* events, disable all others, and clear the trace.
listen() {
	echo 0 >$events/enable
	for event; do
		echo 1 >"$events/carve_$event/enable" || not_ok "carve_$event can be switched on"
	done
	echo >$tracing/trace
}

# do_put LINE FILE: like put, and set $seen to the events traced meanwhile, with their fields.
do_put() {
	echo >$tracing/trace
	put "$@" || not_ok "'$1' works: $reply"
	seen=$(sed -n 's/^.* \(carve_[a-z_]*: \)/\1/p' $tracing/trace)
}
count() { echo "$seen" | grep -cE "$1"; }

listen page_alloc page_free
do_put 'pages 3' alloc
like 'allocating a block of pages is traced' "$seen" \
	'^carve_page_alloc: carveout=default pfn=0x[0-9a-f]+ order=3 migratetype=unmovable gfp_flags=GFP_KERNEL.* call_site=carve_handles_alloc\+.* \[carveout\]$'
pfn=$(echo "$seen" | sed 's/^.* \(pfn=[^ ]*\) .*$/\1/')
do_put all free
like 'freeing the block is traced' "$seen" "^carve_page_free: carveout=default $pfn order=3 call_site=.*\\[carveout\\]\$"
do_put 'pages 0 GFP_ATOMIC|__GFP_RECLAIMABLE' alloc
like 'a reclaimable block has its migratetype and flags' "$seen" \
	'migratetype=reclaimable gfp_flags=.*GFP_ATOMIC.*__GFP_RECLAIMABLE'
put all free
do_put 'pages 0 x300' alloc
same 'allocating each of 300 pages is traced' "$(count '^carve_page_alloc: .* order=0 ')" 300
do_put all free
same 'freeing each page is traced' "$(count '^carve_page_free: .* order=0 ')" 300
do_put 'kmalloc 20K' alloc
same 'a large kmalloc is traced as pages' "$(count 'page_alloc: .* order=3 ')" 1
put all free

listen object_alloc object_free refill
do_put 'kmalloc 100 x300' alloc
same 'allocating each of 300 objects is traced' "$(count '^carve_object_alloc: call_site=.* ptr=.* carveout=default cache=kmalloc-128 bytes_req=100 bytes_alloc=128 gfp_flags=GFP_KERNEL')" 300
refills=$(count '^carve_refill: carveout=default pcp=kmalloc-128 items=')
check "magazines are refilled in batches, $refills times" [ "$refills" -lt 30 ]
unlike 'addresses are hashed' "$seen" 'ptr=f*[8-9a-f][0-9a-f]{14}$'
do_put 'all' free
same 'freeing each object is traced' "$(count '^carve_object_free: .* carveout=default cache=kmalloc-128$')" 300
do_put 'kmalloc 100 x20' alloc
same 'allocations from magazines need no refill' "$(count '^carve_refill:')" 0
same 'allocations from magazines are traced' "$(count '^carve_object_alloc:')" 20
put all free

# Carveouts and caches created while events are enabled
echo 'other:8M' >$debug/create
carve=$debug/other
put 'cache_create late 200' alloc
do_put 'cache_alloc late x50' alloc
same 'allocations of a new cache in a new carveout are traced' \
	"$(count '^carve_object_alloc: .* carveout=other cache=late bytes_req=200 bytes_alloc=200 ')" 50
put all free
put 'cache late' free
carve=$debug/default
echo 'carveout == "other"' >$events/carve_object_alloc/filter
do_put 'kmalloc 64 x5' alloc
same 'a filter by carveout works' "$(count '^carve_object_alloc:')" 0
echo 0 >$events/carve_object_alloc/filter
put all free
check 'the other carveout can be removed' eval "echo other >$debug/remove"

# Debugged caches have no magazines
listen object_alloc object_free
put 'FZPU kmalloc-64' slab_debug
do_put 'kmalloc 50 x30' alloc
same 'allocations of a debugged cache are traced' "$(count 'cache=kmalloc-64 bytes_req=50 ')" 30
put '- *' slab_debug
do_put all free
same 'frees after debugging was disabled are traced' "$(count '^carve_object_free: .* cache=kmalloc-64$')" 30

listen split merge drain
put 1 drain
do_put 'pages 0' alloc
like 'splitting a block is traced' "$seen" '^carve_split: carveout=default pfn=0x[0-9a-f]+ order=[0-9]+ new_order=0 blocks=[0-9]+$'
do_put all free
do_put 1 drain
like 'draining pcp is traced' "$seen" '^carve_drain: carveout=default pcp=pages-0 items=[0-9]+$'
like 'merging buddies is traced' "$seen" '^carve_merge: carveout=default pfn=0x[0-9a-f]+ order=0 new_order=[0-9]+$'

listen map unmap
do_put 'vmalloc 1M' alloc
like 'mapping an area is traced' "$seen" '^carve_map: carveout=default addr=[0-9a-f]+ nr_pages=256 call_site='
addr=$(echo "$seen" | sed 's/^.* \(addr=[^ ]*\) .*$/\1/')
do_put all free
same 'freeing an area does not unmap it: it goes to the area cache' "$seen" ''
do_put 1 shrink
like 'shrink unmaps it, which is traced' "$seen" "^carve_unmap: carveout=default $addr nr_pages=256 call_site="

# fails LINE REGEX: check that the allocation fails and carve_fail is traced.
fails() {
	echo >$tracing/trace
	put "$1" alloc && not_ok "'$1' fails"
	seen=$(sed -n 's/^.* \(carve_[a-z_]*: \)/\1/p' $tracing/trace)
	like "'$1' is traced with the reason" "$seen" "^carve_fail: carveout=default $2"
}
listen fail
fails 'pages 11' 'layer=page bytes_req=8388608 order=11 gfp_flags=.* call_site=.* reason=too few pages are free$'
fails 'vmalloc 8M' 'layer=area bytes_req=8388608 order=11 gfp_flags=.* call_site=.* reason=too few pages are free$'
put 0 min_free_kbytes
while put 'pages 0 x64' alloc; do :; done
while put 'pages 0' alloc; do :; done
fails 'kmalloc 8000 GFP_NOWAIT x30' 'layer=object bytes_req=8000 order=[0-9] gfp_flags=.* call_site=.* reason=no pages for a slab$'
put all free

# If the kernel has kprobes, count calls: with events disabled only refills take the slow path.
slow=$tracing/events/kprobes/carve_slow
listen
do_put 'kmalloc 100 x300' alloc
same 'nothing is traced while events are disabled' "$seen" ''
put all free
if echo 'p:carve_slow carveout:carve_cache_alloc_slow' 2>/dev/null >$tracing/kprobe_events; then
	# slow_calls: print how many of 300 allocations take the slow path.
	slow_calls() {
		echo 1 >$slow/enable
		do_put 'kmalloc 100 x300' alloc
		grep -c carve_slow: $tracing/trace
		put all free
		echo 0 >$slow/enable
	}
	quiet=$(slow_calls)
	check "allocations take the fast path, except $quiet refills" [ "$quiet" -lt 30 ]
	listen object_free
	same 'all allocations take the slow path while an event is enabled' "$(slow_calls)" 300
	listen
	quiet=$(slow_calls)
	check "afterwards allocations take the fast path again, except $quiet" [ "$quiet" -lt 30 ]
	echo >$tracing/kprobe_events
else
	skip 'only refills take the slow path (this kernel has no kprobes)'
fi

# Toggle events, one by one and all together, while all CPUs allocate and free
work() {
	round=0
	while [ ! -e /tmp/enough ]; do
		round=$((round % 12 + 1))
		for line in 'kmalloc 100 x200' 'pages 0 x100' 'pages 2 GFP_ATOMIC x20' \
			'vmalloc 64K x3' 'kmalloc 3000 GFP_NOWAIT x20'; do
			echo "$line" >$carve/alloc
		done
		echo "$((round * 30))-$((round * 600))" >$carve/free
		[ $((round % 3)) != 0 ] || echo all >$carve/free
		echo 1 >$carve/shrink
	done
}
load_caches() {
	round=0
	while [ ! -e /tmp/enough ]; do
		round=$((round + 1))
		echo 'FZPU kmalloc-128' >$carve/slab_debug
		echo "kmalloc-128 $((1 + round % 4)) $((round % 6)) 1" >$carve/caches
		echo '- *' >$carve/slab_debug
		echo 'kmalloc-128 auto 2' >$carve/caches
		echo 'brief:2M' >$debug/create
		echo brief >$debug/remove
	done
}
bad_frees=$(stat_of bad_frees)
work 2>/dev/null &
work 2>/dev/null &
load_caches 2>/dev/null &
for toggle in 1 2 3 4; do
	for event in object_alloc page_free page_alloc object_free; do
		echo 1 >$events/carve_$event/enable
	done
	echo 0 >$events/enable
	echo 1 >$events/enable
	echo 0 >$events/carve_page_alloc/enable
	entries=$(awk '/^(entries|overrun):/ { n += $2 } END { print n }' $tracing/per_cpu/cpu*/stats)
	check "toggle $toggle: the load is traced by $entries events" [ "$entries" -gt 100 ]
done
touch /tmp/enough
wait
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
put all free
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
same 'no free was refused' "$(stat_of bad_frees)" "$bad_frees"

echo 1 >$events/enable
check 'the module unloads with all events enabled' unload
check 'the module loads again' load size=8M
all_layers 'afterwards'
check 'the module unloads' unload
check_leaks
