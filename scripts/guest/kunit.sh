# shellcheck shell=dash
#
# kunit.sh - loads a module with KUnit suites, which runs them, and prints the report of each from
# KUnit's debugfs files, after a line `suite NAME`.
#
# boot: kunit.enable=1 kunit.autorun=1 rcupdate.rcu_expedited=1 cma=64M@128M
# memory: 1G
# silence: 600
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# report SUITE: print the report from its debugfs file. Linux 6.1 keeps only 512 bytes per case
# there, so take it from the kernel log instead.
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

# look_for_races: enable KCSAN, if the kernel has it, for the suites. First run the stress suite alone
# with a smaller skip_watch, which would be too slow for all suites.
look_for_races() {
	[ -e /sys/kernel/debug/kcsan ] || return 0
	usual=$(cat /sys/module/kcsan/parameters/skip_watch)
	echo on >/sys/kernel/debug/kcsan
	echo 300 >/sys/module/kcsan/parameters/skip_watch
	# A new line would be part of the pattern.
	printf carveout_stress >/sys/module/kunit/parameters/filter_glob
	check 'the module loads with a small skip_watch' load
	like 'the stress suite passes' "$(cat /sys/kernel/debug/kunit/carveout_stress/results)" '^ok 1 carveout_stress$'
	check 'the module unloads' unload
	watched=$(awk '$1 == "setup_watchpoints:" { print $2 }' /sys/kernel/debug/kcsan)
	check "KCSAN set watchpoints ($watched)" [ "$watched" -gt 1000 ]
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
check 'the module unloads' unload
check_leaks
