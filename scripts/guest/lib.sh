# shellcheck shell=dash
#
# lib.sh - functions for scenarios in the guest. Each check prints a line `ok SCENARIO - WHAT` or
# `not ok SCENARIO - WHAT`, which the host counts as a test case.
# shellcheck disable=SC2154 # $scenario comes from the kernel's command line
# shellcheck disable=SC2034 # $carve and the errors are for the scenarios

debug=/sys/kernel/debug/carveout
carve=$debug/default
errors=/tmp/errors

# Errors as insmod prints them
invalid='Invalid (argument|parameters)'
memory='Cannot allocate memory|Out of memory'
busy='Device or resource busy'
nodev='No such device'

ok()     { echo "ok $scenario - $*"; }
not_ok() { echo "not ok $scenario - $*"; }
skip()   { echo "ok $scenario - $* # SKIP"; }

# check WHAT COMMAND ARG…: the command must succeed.
check() {
	what=$1
	shift
	if "$@"; then ok "$what"; else not_ok "$what"; fi
}

# must WHAT COMMAND ARG…: like check, but end the scenario if the command fails.
must() {
	what=$1
	shift
	if "$@"; then
		ok "$what"
	else
		not_ok "$what"
		exit 1
	fi
}

# same WHAT GOT WANTED: both texts must be equal.
same() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: got '$2', not '$3'"; fi
}

# like WHAT TEXT REGEX: a line of the text must match.
like() {
	if echo "$2" | grep -qE -- "$3"; then ok "$1"; else not_ok "$1: '$2' does not match '$3'"; fi
}

# unlike WHAT TEXT REGEX: no line of the text may match, and the text must not be empty.
unlike() {
	if [ -z "$2" ]; then
		not_ok "$1: there is nothing to look at"
	elif echo "$2" | grep -qE -- "$3"; then
		not_ok "$1: $(echo "$2" | grep -E -- "$3" | head -n 3)"
	else
		ok "$1"
	fi
}

# load PARAMETER…: load the module; set $said to its lines in the kernel log.
load() {
	mark
	insmod /carveout.ko "$@" 2>"$errors"
	set -- $?
	said=$(since_mark)
	return "$1"
}

# load_fails WHAT ERROR REASON PARAMETER…: loading must fail with this error and one line in the log,
# not counting lines of carveouts that were created before the bad one.
load_fails() {
	what=$1 error=$2 reason=$3
	shift 3
	if load "$@"; then
		not_ok "$what is refused"
		unload
		return
	fi
	said=$(echo "$said" | grep -v ', ready in [0-9]* us$' | uniq)
	like "$what gives: $error" "$(cat $errors)" "$error"
	same "$what gives one line in the log" "$(echo "$said" | wc -l)" 1
	like "$what is named as the reason" "$said" "^carveout: .*($reason)"
}

# unload: unload the module; set $said to its lines in the kernel log.
unload() {
	mark
	rmmod carveout 2>"$errors"
	set -- $?
	said=$(since_mark)
	return "$1"
}

# mark, since_mark: print the module's log lines between both calls, without time stamps. Repeated
# lines count once, since busybox's insmod tries a second system call when the first fails.
mark() { seen=$(dmesg | wc -l); }
since_mark() {
	dmesg | tail -n "+$((seen + 1))" | sed 's/^\(<[0-9]*>\)\?\[[^]]*\] //' |
		grep '^carveout: ' |
		grep -v -e 'out-of-tree module taints' -e 'module verification failed' | uniq
}

# free_memory: print MemFree in KiB after dropping caches. Shrink the kernel's pcp first, which can
# hold tens of MiB that don't count as free.
free_memory() {
	echo 1000000 >/proc/sys/vm/percpu_pagelist_high_fraction
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "MemFree:" { print $2 }' /proc/meminfo
}

# put LINE FILE: write the line; set $reply to the contents of the file, return the write's status.
put() {
	echo "$1" 2>"$errors" >"$carve/$2" && written=0 || written=1
	reply=$(cat "$carve/$2")
	return "$written"
}

# stat_of KEY: print a counter of the file stats
stat_of() { awk -v key="$1" '$1 == key { print $2 }' "$carve/stats"; }

# misuses: print how many operations were refused
misuses() { awk '/^bad_/ { n += $2 } END { print n }' "$carve/stats"; }

# meminfo KEY: print a value of /proc/meminfo, in KiB
meminfo() { awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo; }

# all_layers WHAT: allocate from every layer of the carveout, check invariants, and free everything.
all_layers() {
	while read -r line; do
		put "$line" alloc || not_ok "$1 gives '$line': $reply"
	done <<-LINES
		pages 0 x40
		pages 4
		exact 20K
		kmalloc 100 x50
		kmalloc 20K
		cache_create probe 200
		cache_alloc probe x20
		vmalloc 300K
		vzalloc 5000 x8
	LINES
	same "$1: every layer allocates" "$(stat_of handles)" 122
	same "$1: all invariants hold in use" "$(tail -n 1 "$carve/validate")" ok
	put all free
	put 'cache probe' free
	same "$1: everything is freed" "$(cat "$carve/allocations")" 'nothing is allocated'
	same "$1: all invariants hold afterwards" "$(tail -n 1 "$carve/validate")" ok
	same "$1: no misuse was reported" "$(misuses)" 0
}

# check_leaks: check that kmemleak, if the kernel has it, finds no leak. It ignores objects younger
# than five seconds.
check_leaks() {
	[ -e /sys/kernel/debug/kmemleak ] || return 0
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	echo scan >/sys/kernel/debug/kmemleak
	leaks=$(cat /sys/kernel/debug/kmemleak)
	same 'kmemleak finds no leak' "$leaks" ''
}

# start PROGRAM ARG…: run the program in the background, for `tell`. Set $program to its process ID.
start() {
	rm -f /tmp/to /tmp/from
	mkfifo /tmp/to /tmp/from
	"$@" </tmp/to >/tmp/from 2>&1 &
	program=$!
	exec 7>/tmp/to 8</tmp/from
	read -r reply <&8
}

# tell COMMAND: send a line to the program; set $reply to the line that it answers.
tell() {
	echo "$1" >&7
	reply=
	read -r reply <&8
}

# does COMMAND [REPLY]: check that the program answers REPLY, or `ok`.
does() {
	tell "$1"
	same "$1" "$reply" "${2:-ok}"
}

# stop, stop_by SIGNAL: end the program, with `quit` or by a signal.
stop() {
	tell quit
	stop_by CONT
}
stop_by() {
	kill "-$1" "$program" 2>/dev/null
	exec 7>&- 8<&-
	wait "$program" 2>/dev/null
}

# settles WHAT COMMAND ARG…: the command must succeed within 20 seconds of a machine as fast as most.
settles() {
	what=$1 tries=0
	shift
	while ! "$@" && [ $tries -lt $((200 * ${slow:-1})) ]; do
		usleep 100000
		tries=$((tries + 1))
	done
	if [ $tries -lt $((200 * ${slow:-1})) ]; then ok "$what"; else not_ok "$what"; fi
}
