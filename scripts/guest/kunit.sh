# shellcheck shell=dash
#
# kunit.sh - loads a module that has the KUnit suites in it, which runs them, and says what
# KUnit's debugfs files have of each: a line `suite NAME`, then its report.
#
# boot: kunit.enable=1 kunit.autorun=1
# memory: 1G
# timeout: 600
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# report SUITE: from its debugfs file; but Linux 6.1 keeps 512 bytes a case there, so that it
# must come from the kernel log.
report() {
	case $(uname -r) in
	6.1.*)
		printf 'KTAP version 1\n1..1\n    KTAP version 1\n'
		dmesg | sed 's/^\[[^]]*\] //' |
			sed -n "/^    # Subtest: $1\$/,/^\(not \)*ok [0-9]* $1\$/p" |
			sed 's/^\(\(not \)*ok\) [0-9]* /\1 1 /' ;;
	*)
		cat "/sys/kernel/debug/kunit/$1/results" ;;
	esac
}

# Where the kernel has its detector of data races, the suites are all that it is to watch.
[ ! -e /sys/kernel/debug/kcsan ] || echo on >/sys/kernel/debug/kcsan
check 'the module with its suites loads' load
[ ! -e /sys/kernel/debug/kcsan ] || echo off >/sys/kernel/debug/kcsan
for suite in /sys/kernel/debug/kunit/carveout_*; do
	echo "suite ${suite##*/}"
	report "${suite##*/}"
done
echo suite
check 'it unloads' unload
check_leaks
