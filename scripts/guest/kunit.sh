# shellcheck shell=dash
#
# kunit.sh - loads a module that has the KUnit suites in it, which runs them, and says what
# KUnit's debugfs files have of each: a line `suite NAME`, then its report.
#
# boot: kunit.enable=1 kunit.autorun=1
# memory: 1G
# timeout: 300
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

check 'the module with its suites loads' load
for results in /sys/kernel/debug/kunit/carveout_*/results; do
	suite=${results%/results}
	echo "suite ${suite##*/}"
	cat "$results"
done
echo suite
check 'it unloads' unload
check_leaks
