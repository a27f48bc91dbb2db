# shellcheck shell=dash
#
# fuzz.sh - the fuzzer, run from debugfs: on one CPU and on several, with interrupts and with CPUs
# that go and come, with each allocation failing in turn; and all that may be wrong with a line.
#
# memory: 1G
# beside um: um-*
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'it loads' load size=8M
managed=$(stat_of pages_managed)

# fuzz WHAT LINE: a run that finds nothing, however long this machine takes for its steps.
fuzz() {
	check "$1" put "$2 seconds=3600" fuzz
	like "$1: the verdict" "$reply" '^verdict ok$'
	unlike "$1: the model is upheld" "$reply" '^error'
}
digests() { echo "$reply" | grep '^sequence'; }

fuzz 'in every context' 'seed=1 steps=3000'
first=$(digests)
like 'it counts what it did' "$reply" '^kmalloc +[1-9]'
like 'and what was refused' "$reply" '^twice +0 +0 +[1-9]'
fuzz 'once more' 'seed=1 steps=3000'
same 'that was the same run' "$(digests)" "$first"
fuzz 'with another seed' 'seed=2 steps=1000'
unlike 'that was another one' "$(digests)" "^$first\$"
fuzz 'on two CPUs, in the midst of steps' 'seed=3 steps=6000 cpus=2 contexts=task,irqsoff,nested'
like 'there were some' "$reply" '^steps 6000, [1-9][0-9]* more in their midst'
fuzz 'some layers alone' 'seed=4 steps=2000 contexts=task layers=pages,vmap'
unlike 'and no others' "$reply" '^kmalloc '
fuzz 'each allocation failing in turn' 'seed=5 steps=30 contexts=task fail_nth=sweep'
like 'they did fail' "$reply" ' [1-9][0-9]+ runs, [1-9][0-9]+ allocations made to fail'

# Where a processor can be taken down, under load.
if [ -w /sys/devices/system/cpu/cpu1/online ]; then
	fuzz 'while CPUs go and come' 'seed=6 steps=20000 cpus=2 contexts=task,nested hotplug=1'
	like 'they did' "$reply" ' [1-9][0-9]* times a CPU went and came'
	same 'the last one is back' "$(cat /sys/devices/system/cpu/cpu1/online)" 1
else
	check 'no CPU goes here' eval '! put "seed=6 cpus=2 hotplug=1" fuzz'
	like 'and it says so' "$reply" '^error: hotplug=1, and no CPU can be taken down here$'
fi

# refused LINE REASON
refused() {
	check "refused: $1" eval "! put '$1' fuzz"
	like "$1: the reason" "$reply" "^error: .*$2"
}
refused 'run' 'is none of seed='
refused 'seed=1 steps=0' 'not a number from 1 to'
refused 'layers=dma' 'is none of pages, slab'
refused 'fail_nth=sweep cpus=2' 'with cpus=1'
refused 'cpus=60' 'there are 2 online'
put 'kmalloc 100' alloc
refused 'seed=1' 'something is allocated'
put all free

# A signal ends it: the write fails, and nothing is left behind.
echo 'seed=7 steps=100000000 seconds=60' | dd of=$carve/fuzz 2>/dev/null &
writer=$!
sleep 1
kill $writer
wait $writer && ended=0 || ended=$?
same 'a signal ends it' "$ended" 143
like 'it says so' "$(cat $carve/fuzz)" '^verdict ok, as far as it came: a signal ended it$'

put 1 shrink
put 1 drain
same 'every page is free again' "$(stat_of pages_free)" "$managed"
same 'nothing has an owner' "$(cat $carve/owners)" 'nothing is allocated'
same 'and all is sound' "$(tail -n 1 $carve/validate)" ok
check 'it unloads' unload
check_leaks
