# shellcheck shell=dash
#
# fuzz.sh - runs the fuzzer from debugfs: on one CPU and on several, in interrupts, with CPU hotplug
# and fault injection; and checks that bad options are refused.
#
# memory: 1G
# prefers: um-*-debug um-* *
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=8M
managed=$(stat_of pages_managed)

# fuzz WHAT LINE: check that a run finds nothing; slow machines get as long as they need.
fuzz() {
	check "$1" put "$2 seconds=3600" fuzz
	like "$1: the result is ok" "$reply" '^result ok$'
	unlike "$1: the model is not violated" "$reply" '^error'
}
digests() { echo "$reply" | grep '^sequence'; }

fuzz 'in every context' 'seed=1 steps=3000'
first=$(digests)
like 'it counts operations' "$reply" '^kmalloc +[1-9]'
like 'it counts refused frees' "$reply" '^twice +0 +0 +[1-9]'
fuzz 'with the same seed again' 'seed=1 steps=3000'
same 'that was the same sequence' "$(digests)" "$first"
fuzz 'with another seed' 'seed=2 steps=1000'
unlike 'that was another sequence' "$(digests)" "^$first\$"
fuzz 'on two CPUs, with nested steps' 'seed=3 steps=6000 cpus=2 contexts=task,irqsoff,nested'
like 'there were nested steps' "$reply" '^steps 6000, [1-9][0-9]* nested'
fuzz 'with two layers only' 'seed=4 steps=2000 contexts=task layers=pages,vmap'
unlike 'other layers have no operations' "$reply" '^kmalloc '
fuzz 'each allocation failing in turn' 'seed=1 steps=30 contexts=task fail_nth=sweep'
like 'failures were injected' "$reply" ' [1-9][0-9]+ runs, [1-9][0-9]+ injected failures'

# CPU hotplug under load, on kernels that have it.
if [ -w /sys/devices/system/cpu/cpu1/online ]; then
	fuzz 'with CPU hotplug' 'seed=6 steps=20000 cpus=2 contexts=task,nested hotplug=1'
	like 'CPUs were hotplugged' "$reply" ' [1-9][0-9]* CPU hotplugs'
	same 'the CPU is online afterwards' "$(cat /sys/devices/system/cpu/cpu1/online)" 1
else
	check 'hotplug=1 is refused without CPU hotplug' eval '! put "seed=6 cpus=2 hotplug=1" fuzz'
	like 'hotplug=1: the reason' "$reply" '^error: hotplug=1, but no CPU can be taken offline$'
fi

# refused LINE REASON
refused() {
	check "refused: $1" eval "! put '$1' fuzz"
	like "$1: the reason" "$reply" "^error: .*$2"
}
refused 'run' 'is none of seed='
refused 'seed=1 steps=0' 'not a number from 1 to'
refused 'layers=dmq' 'is none of pages, slab'
refused 'fail_nth=sweep cpus=2' 'needs cpus=1'
refused 'cpus=60' "but $(grep -c '^processor' /proc/cpuinfo) are online"
put 'kmalloc 100' alloc
refused 'seed=1' 'something is allocated'
put all free

# A signal interrupts the run: the write fails, and all memory is freed.
echo 'seed=7 steps=100000000 seconds=60' | dd of=$carve/fuzz 2>/dev/null &
writer=$!
sleep 1
kill $writer
wait $writer && ended=0 || ended=$?
same 'a signal ends the run' "$ended" 143
like 'the result mentions the signal' "$(cat $carve/fuzz)" '^result ok, but incomplete: interrupted by a signal$'

put 1 shrink
put 1 drain
same 'every page is free again' "$(stat_of pages_free)" "$managed"
same 'nothing is allocated' "$(cat $carve/allocations)" 'nothing is allocated'
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
check 'the module unloads' unload
check_leaks
