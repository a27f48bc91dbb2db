# shellcheck shell=dash
#
# native.sh - tests kernel code built unchanged with carveout_native.h: mempools of all kinds, and
# lib/test_meminit.c, which tests init_on_alloc= and init_on_free= for pages, kmalloc(), vmalloc() and
# caches. test_meminit can't be unloaded, so neither can carveout.
#
# kernels: 6.12-debug 6.12-rt
# boot: init_on_alloc=1 init_on_free=1
# file: examples/native/test_meminit.ko examples/native/native_pools.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# write LINE FILE
write() { echo "$1" >"$debug/$2" 2>/dev/null; }

must 'the module loads' load size=64M
check 'an unused default carveout can be removed' write default remove
check 'a new default carveout can be created' write default:48M create
check 'mempools of all kinds work' insmod /native_pools.ko
report=$(cat $carve/allocations)
for reserve in '4 objects of cache native_pools' '4 objects of cache kmalloc-256' \
	'4 large kmallocs, 64 pages' '4 blocks of pages, 8 pages'; do
	like "their reserves are in the carveout: $reserve" "$report" "$reserve"
done
check 'the module of mempools unloads' rmmod native_pools
same 'all its memory is freed' "$(cat $carve/allocations)" 'nothing is allocated'
check 'test_meminit loads' insmod /test_meminit.ko
like 'its tests pass' "$(dmesg)" 'test_meminit: all [1-9][0-9]* tests passed!'
unlike 'none of its tests failed' "$(dmesg)" 'test_meminit: .*fail'
check "it allocated from the carveout ($(stat_of pcp_refills) refills)" [ "$(stat_of pcp_refills)" -gt 10 ]
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
same 'no misuse was reported' "$(misuses)" 0
check 'a carveout in use by such a module is not removed' eval '! write default remove'
like 'the log has the reason' "$(dmesg | tail -n 1)" 'not removed, modules built with carveout_native.h use it'
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
check_leaks
