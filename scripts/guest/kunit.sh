# shellcheck shell=dash
#
# kunit.sh - loads a module that has the KUnit suites in it, which runs them, and says what
# KUnit's debugfs files have of each: a line `suite NAME`, then its report.
#
# boot: kunit.enable=1 kunit.autorun=1 rcupdate.rcu_expedited=1
# memory: 1G
# silence: 600
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

# look_for_races: where the kernel has its detector of data races, it watches what the suites do
# from here on; first that of many at once, more closely than would be bearable for all of them.
look_for_races() {
	[ -e /sys/kernel/debug/kcsan ] || return 0
	usual=$(cat /sys/module/kcsan/parameters/skip_watch)
	echo on >/sys/kernel/debug/kcsan
	echo 300 >/sys/module/kcsan/parameters/skip_watch
	# A new line would be part of the pattern.
	printf carveout_stress >/sys/module/kunit/parameters/filter_glob
	check 'the module loads to work under close watch' load
	like 'it works' "$(cat /sys/kernel/debug/kunit/carveout_stress/results)" '^ok 1 carveout_stress$'
	check 'it unloads' unload
	watched=$(awk '$1 == "setup_watchpoints:" { print $2 }' /sys/kernel/debug/kcsan)
	check "it was watched ($watched times)" [ "$watched" -gt 1000 ]
	printf 'carveout_*' >/sys/module/kunit/parameters/filter_glob
	echo "$usual" >/sys/module/kcsan/parameters/skip_watch
}

look_for_races
check 'the module with its suites loads' load
for suite in /sys/kernel/debug/kunit/carveout_*; do
	echo "suite ${suite##*/}"
	report "${suite##*/}"
done
echo suite
check 'it unloads' unload
check_leaks
