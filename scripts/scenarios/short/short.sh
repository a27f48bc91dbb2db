# shellcheck shell=dash
#
# short.sh - tests that the module works on a kernel: it loads, all layers allocate, the fuzzer finds
# nothing, the benchmark runs, and it unloads.
#
# memory: 1G
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

before=$(free_memory)
must 'the module loads' load 'carveouts=default:64M;low:8M(dma32)'
same 'each carveout has a line in the log' "$(echo "$said" | grep -c ' MiB at ')" 2
for name in low default; do
	carve=$debug/$name
	all_layers "$name"
done

for line in 'seed=1 steps=2000' 'seed=2 steps=4000 cpus=2 contexts=task,irqsoff,nested'; do
	check "the fuzzer runs: $line" put "$line seconds=3600" fuzz
	like "the fuzzer finds nothing: $line" "$reply" '^result ok$'
done
same 'all invariants hold' "$(tail -n 1 "$carve/validate")" ok

check 'the benchmark runs' put 'run page_pair 20 sizes=0' bench
like 'it has timed both sides' "$(tail -n 1 "$carve/bench")" '^page +page_pair +0 +1 +alloc_pages( +[0-9.]+){7}$'

check 'the module unloads' unload
lost=$((before - $(free_memory)))
check "every page came back ($lost KiB less than before)" [ "$lost" -le 4096 ]
