# shellcheck shell=dash
#
# native.sh - kernel code that nobody here wrote, rebuilt unchanged on a carveout by way of
# carveout_native.h: the kernel's own test of what init_on_alloc= and init_on_free= promise, for
# pages, kmalloc(), vmalloc() and caches of all kinds. It can't be unloaded, nor can the module then.
# Before it memory pools, whose elements have functions of their own in that header.
#
# kernels: 6.12-debug 6.12-rt
# boot: init_on_alloc=1 init_on_free=1
# file: examples/native/test_meminit.ko examples/native/native_pools.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# write LINE FILE
write() { echo "$1" >"$debug/$2" 2>/dev/null; }

must 'the module loads' load size=64M
check 'before it is used so, the carveout can be removed' write default remove
check 'and another be made, which is the default one now' write default:48M create
check 'memory pools of all kinds work' insmod /native_pools.ko
owners=$(cat $carve/owners)
for reserve in '4 objects of cache native_pools' '4 objects of cache kmalloc-256' \
	'4 large kmallocs, 64 pages' '4 blocks of pages, 8 pages'; do
	like "their reserves are the carveout's: $reserve" "$owners" "$reserve"
done
check 'they go' rmmod native_pools
same 'with all that was theirs' "$(cat $carve/owners)" 'nothing is allocated'
check 'the test passes' insmod /test_meminit.ko
like 'and says so' "$(dmesg)" 'test_meminit: all [1-9][0-9]* tests passed!'
unlike 'no part of it failed' "$(dmesg)" 'test_meminit: .*fail'
stat() { awk -v name="$1" '$1 == name { print $2 }' $carve/stats; }
check "its memory was the carveout's ($(stat store_refills) refills)" [ "$(stat store_refills)" -gt 10 ]
same 'nothing is left' "$(cat $carve/owners)" 'nothing is allocated'
same 'no free was refused' "$(stat bad_frees)" 0
check 'a carveout that serves such modules is not removed' eval '! write default remove'
like 'and the log says why' "$(dmesg | tail -n 1)" 'not removed, modules built with carveout_native.h use it'
same 'all is sound' "$(tail -n 1 $carve/validate)" ok
check_leaks
