# shellcheck shell=dash
#
# trace.sh - tracepoints, by way of tracefs: what each event says, that each allocation is seen as
# long as somebody listens, and that nothing goes out of its way when nobody does.
#
# kernels: 6.1 6.12 6.12-debug 7.2
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

tracing=/sys/kernel/tracing
events=$tracing/events/carveout
mount -t tracefs tracefs $tracing
must 'it loads' load size=8M
same 'there are these events' "$(cd $events && echo carve_*)" \
	'carve_drain carve_fail carve_map carve_merge carve_object_alloc carve_object_free carve_page_alloc carve_page_free carve_refill carve_split carve_unmap'

# listen EVENT…: to these of carve_*, and to no other; anew.
listen() {
	echo 0 >$events/enable
	for event; do
		echo 1 >"$events/carve_$event/enable" || not_ok "carve_$event can be switched on"
	done
	echo >$tracing/trace
}

# do_put LINE FILE: as put, and $seen is what was traced meanwhile: event and fields.
do_put() {
	echo >$tracing/trace
	put "$@" || not_ok "'$1' works: $reply"
	seen=$(sed -n 's/^.* \(carve_[a-z_]*: \)/\1/p' $tracing/trace)
}
count() { echo "$seen" | grep -cE "$1"; }

listen page_alloc page_free
do_put 'pages 3' alloc
like 'a block of pages is seen' "$seen" \
	'^carve_page_alloc: carveout=default pfn=0x[0-9a-f]+ order=3 lifetime=long gfp_flags=GFP_KERNEL.* call_site=carve_handles_alloc\+.* \[carveout\]$'
pfn=$(echo "$seen" | sed 's/^.* \(pfn=[^ ]*\) .*$/\1/')
do_put all free
like 'and is seen to come back' "$seen" "^carve_page_free: carveout=default $pfn order=3 call_site=.*\\[carveout\\]\$"
do_put 'pages 0 GFP_ATOMIC|__GFP_RECLAIMABLE' alloc
like 'one that comes and goes, by its flags' "$seen" \
	'lifetime=short gfp_flags=.*GFP_ATOMIC.*__GFP_RECLAIMABLE'
put all free
do_put 'pages 0 x300' alloc
same 'each of many pages' "$(count '^carve_page_alloc: .* order=0 ')" 300
do_put all free
same 'each that comes back' "$(count '^carve_page_free: .* order=0 ')" 300
do_put 'kmalloc 20K' alloc
same 'large kmallocs are pages' "$(count 'page_alloc: .* order=3 ')" 1
put all free

listen object_alloc object_free refill
do_put 'kmalloc 100 x300' alloc
same 'each object is seen' "$(count '^carve_object_alloc: call_site=.* ptr=.* carveout=default cache=kmalloc-128 bytes_req=100 bytes_alloc=128 gfp_flags=GFP_KERNEL')" 300
refills=$(count '^carve_refill: carveout=default store=kmalloc-128 items=')
check "magazines are filled by the batch, $refills times" [ "$refills" -lt 30 ]
unlike 'addresses are hashed' "$seen" 'ptr=f*[8-9a-f][0-9a-f]{14}$'
do_put 'all' free
same 'each object that comes back' "$(count '^carve_object_free: .* carveout=default cache=kmalloc-128$')" 300
do_put 'kmalloc 100 x20' alloc
same 'what is in magazines is handed out again' "$(count '^carve_refill:')" 0
same 'and seen' "$(count '^carve_object_alloc:')" 20
put all free

# What comes into being while somebody listens
echo 'other:8M' >$debug/create
carve=$debug/other
put 'cache_create late 200' alloc
do_put 'cache_alloc late x50' alloc
same 'a carveout and a cache made later are seen' \
	"$(count '^carve_object_alloc: .* carveout=other cache=late bytes_req=200 bytes_alloc=200 ')" 50
put all free
put 'cache late' free
carve=$debug/default
echo 'carveout == "other"' >$events/carve_object_alloc/filter
do_put 'kmalloc 64 x5' alloc
same 'a filter by carveout is heeded' "$(count '^carve_object_alloc:')" 0
echo 0 >$events/carve_object_alloc/filter
put all free
check 'the other can be removed' eval "echo other >$debug/remove"

# With debugging, where magazines are empty
listen object_alloc object_free
put 'FZPU kmalloc-64' slab_debug
do_put 'kmalloc 50 x30' alloc
same 'objects of a debugged cache are seen' "$(count 'cache=kmalloc-64 bytes_req=50 ')" 30
put '- *' slab_debug
do_put all free
same 'and when it is no more' "$(count '^carve_object_free: .* cache=kmalloc-64$')" 30

listen split merge drain
put 1 drain
do_put 'pages 0' alloc
like 'a block is split' "$seen" '^carve_split: carveout=default pfn=0x[0-9a-f]+ order=[0-9]+ new_order=0 blocks=[0-9]+$'
do_put all free
do_put 1 drain
like 'stores are drained' "$seen" '^carve_drain: carveout=default store=pages-0 items=[0-9]+$'
like 'buddies are merged' "$seen" '^carve_merge: carveout=default pfn=0x[0-9a-f]+ order=0 new_order=[0-9]+$'

listen map unmap
do_put 'vmalloc 1M' alloc
like 'an area is mapped' "$seen" '^carve_map: carveout=default addr=[0-9a-f]+ nr_pages=256 call_site='
addr=$(echo "$seen" | sed 's/^.* \(addr=[^ ]*\) .*$/\1/')
do_put all free
same 'and kept when it is freed' "$seen" ''
do_put 1 shrink
like 'until memory is wanted' "$seen" "^carve_unmap: carveout=default $addr nr_pages=256 call_site="

# fails LINE REGEX: the allocation fails, and is seen to.
fails() {
	echo >$tracing/trace
	put "$1" alloc && not_ok "'$1' fails"
	seen=$(sed -n 's/^.* \(carve_[a-z_]*: \)/\1/p' $tracing/trace)
	like "'$1' is told why" "$seen" "^carve_fail: carveout=default $2"
}
listen fail
fails 'pages 11' 'layer=page bytes_req=8388608 order=11 gfp_flags=.* call_site=.* reason=too few pages are free$'
fails 'vmalloc 8M' 'layer=area bytes_req=8388608 order=11 gfp_flags=.* call_site=.* reason=too few pages are free$'
put 0 min_free_kbytes
while put 'pages 0 x64' alloc; do :; done
while put 'pages 0' alloc; do :; done
fails 'kmalloc 8000 GFP_NOWAIT x30' 'layer=object bytes_req=8000 order=[0-9] gfp_flags=.* call_site=.* reason=no pages for a slab$'
put all free

# Where the kernel can count calls: the slow path is for refills alone when nobody listens.
slow=$tracing/events/kprobes/carve_slow
listen
do_put 'kmalloc 100 x300' alloc
same 'nothing is seen when nobody listens' "$seen" ''
put all free
if echo 'p:carve_slow carveout:carve_cache_alloc_slow' 2>/dev/null >$tracing/kprobe_events; then
	# slow_calls: of 300 allocations; the trace is $seen.
	slow_calls() {
		echo 1 >$slow/enable
		do_put 'kmalloc 100 x300' alloc
		grep -c carve_slow: $tracing/trace
		put all free
		echo 0 >$slow/enable
	}
	quiet=$(slow_calls)
	check "the fast path serves, but for $quiet refills" [ "$quiet" -lt 30 ]
	listen object_free
	same 'while somebody listens the slow path does' "$(slow_calls)" 300
	listen
	quiet=$(slow_calls)
	check "and afterwards the fast one again, but for $quiet" [ "$quiet" -lt 30 ]
	echo >$tracing/kprobe_events
else
	skip 'the slow path is for refills alone (this kernel has no kprobes)'
fi

# Switched on and off, one by one and all together, while all processors are at it
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
	check "$toggle. the work is seen, by $entries events" [ "$entries" -gt 100 ]
done
touch /tmp/enough
wait
same 'all is sound' "$(tail -n 1 $carve/validate)" ok
put all free
same 'nothing is left' "$(cat $carve/owners)" 'nothing is allocated'
same 'no free was refused' "$(stat_of bad_frees)" "$bad_frees"

echo 1 >$events/enable
check 'it unloads with all events on' unload
check 'and loads again' load size=8M
all_layers 'afterwards'
check 'it unloads' unload
check_leaks
