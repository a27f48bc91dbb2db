# shellcheck shell=dash
#
# bench.sh - runs the benchmark: on the kernel's command line stand the size of the carveout
# (bench_size), its cases (bench_cases, each with its options, joined by + and parted by ;), how
# many batches (bench_batches), and on what this machine runs (bench_engine). Each run's JSON is
# printed between a line `json` and a line `end of json`.
# shellcheck disable=SC2154 # these
set -e

clock=$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)
insmod /carveout.ko "size=$bench_size"
cd /sys/kernel/debug/carveout/default
for run in $(echo "$bench_cases" | tr ';' ' '); do
	echo "run $bench_batches engine=$bench_engine/$clock $(echo "$run" | tr + ' ')" >bench
	echo json
	cat bench.json
	echo 'end of json'
done
cd /
rmmod carveout
