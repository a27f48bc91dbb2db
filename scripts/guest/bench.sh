# shellcheck shell=dash
#
# bench.sh - runs the benchmark. The kernel's command line has the size of the carveout (bench_size),
# the cases (bench_cases, options joined by + and cases separated by ;), the number of batches
# (bench_batches), and the kind of machine (bench_engine). The JSON of each run is printed between
# the lines `json` and `end of json`.
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
