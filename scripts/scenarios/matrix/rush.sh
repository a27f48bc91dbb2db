# shellcheck shell=dash
#
# rush.sh - two threads touch the same 2 MiB of a huge mapping while only one such block is free: one
# maps it as a huge page, the other maps single pages, and the kernel must not warn.
#
# kernels: 6.1 6.12
# file: examples/delay/carveout_delay.ko
# program: rush
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=16M

# Leave one block of 2 MiB and some pages free.
put 0 min_free_kbytes
put 'pages 0 x600' alloc
last=
while put 'pages 9' alloc; do last=${reply#handle }; done
put "$last" free
put 1-600 free
put 1 drain
same 'one block of 2 MiB is free' "$(stat_of largest_free_order)" 9

# Delay the second thread before it looks for a page, until the first has allocated the block. Delay
# the first before it maps the block, until the second has mapped a page of it.
insert=vmf_insert_pfn_pmd
grep -qw vmf_insert_pfn_pmd_prot /proc/kallsyms && insert=vmf_insert_pfn_pmd_prot
# On a busy machine the threads may miss each other: try again.
rush() {
	must 'functions are delayed' insmod /carveout_delay.ko "at=carve_object_get_page:300,$insert:900"
	same 'both threads read what they wrote' "$(/rush /dev/carveout 3)" ok
	calls=$(cat /sys/module/carveout_delay/parameters/calls)
	rmmod carveout_delay
}
rush
for _ in 1 2 3 4; do
	echo "$calls" | grep -q '^carve_object_get_page [1-9]' && break
	rush
done
like 'one thread looked for a page' "$calls" '^carve_object_get_page [1-9]'
like 'another mapped a block' "$calls" "^$insert [1-9]"
unlike 'the kernel does not warn' "$(dmesg)" 'WARNING: '
put all free
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
check 'the module unloads' unload
