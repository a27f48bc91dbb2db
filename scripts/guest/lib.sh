# shellcheck shell=dash
#
# lib.sh - what scenarios use in the guest. Each thing looked at becomes a line
# `ok SCENARIO - WHAT` or `not ok SCENARIO - WHAT`, which the host counts as a test case.
# shellcheck disable=SC2154 # $scenario comes from the kernel's command line
# shellcheck disable=SC2034 # $carve and the errors are for the scenarios

debug=/sys/kernel/debug/carveout
carve=$debug/default
errors=/tmp/errors

# Errors as insmod puts them
invalid='Invalid (argument|parameters)'
memory='Cannot allocate memory|Out of memory'
busy='Device or resource busy'

ok()     { echo "ok $scenario - $*"; }
not_ok() { echo "not ok $scenario - $*"; }
skip()   { echo "ok $scenario - $* # SKIP"; }

# check WHAT COMMAND ARG…: the command must succeed.
check() {
	what=$1
	shift
	if "$@"; then ok "$what"; else not_ok "$what"; fi
}

# must WHAT COMMAND ARG…: the same, and without it there is no use in going on.
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

# same WHAT GOT WANTED
same() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: got '$2', not '$3'"; fi
}

# like WHAT TEXT REGEX: a line of the text must match.
like() {
	if echo "$2" | grep -qE -- "$3"; then ok "$1"; else not_ok "$1: '$2' does not match '$3'"; fi
}

# unlike WHAT TEXT REGEX: no line of it may.
unlike() {
	if echo "$2" | grep -qE -- "$3"; then
		not_ok "$1: $(echo "$2" | grep -E -- "$3" | head -n 3)"
	else
		ok "$1"
	fi
}

# load PARAMETER…: loads the module; $said is what it put into the kernel log.
load() {
	mark
	insmod /carveout.ko "$@" 2>"$errors"
	set -- $?
	said=$(since_mark)
	return "$1"
}

# load_fails WHAT ERROR REASON PARAMETER…: loading with these must fail so, with one line in the
# log.
load_fails() {
	what=$1 error=$2 reason=$3
	shift 3
	if load "$@"; then
		not_ok "$what is refused"
		unload
		return
	fi
	like "$what gives: $error" "$(cat $errors)" "$error"
	same "$what gives one line in the log" "$(echo "$said" | wc -l)" 1
	like "$what is named as the reason" "$said" "^carveout: .*($reason)"
}

# unload: the same for taking it away.
unload() {
	mark
	rmmod carveout 2>"$errors"
	set -- $?
	said=$(since_mark)
	return "$1"
}

# mark, since_mark: what the module says in the kernel log between them, without time stamps. A
# line that comes again at once counts once: busybox's insmod has a second way to try when the
# first has failed.
mark() { seen=$(dmesg | wc -l); }
since_mark() {
	dmesg | tail -n "+$((seen + 1))" | sed 's/^\(<[0-9]*>\)\?\[[^]]*\] //' |
		grep '^carveout: ' |
		grep -v -e 'out-of-tree module taints' -e 'module verification failed' | uniq
}

# free_memory: in KiB, caches dropped. Processors are made to give back at once what they would
# keep for themselves of what is freed, which can be tens of MiB that don't count as free.
free_memory() {
	echo 1000000 >/proc/sys/vm/percpu_pagelist_high_fraction
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "MemFree:" { print $2 }' /proc/meminfo
}

# put LINE FILE: writes it; $reply is what the file then says, and the status that of the write.
put() {
	echo "$1" 2>"$errors" >"$carve/$2" && written=0 || written=1
	reply=$(cat "$carve/$2")
	return "$written"
}

# stat_of KEY: a figure from the file stats
stat_of() { awk -v key="$1" '$1 == key { print $2 }' "$carve/stats"; }

# meminfo KEY: in KiB
meminfo() { awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo; }

# all_layers WHAT: every layer of the carveout gives something, takes it back, and is sound.
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
	same "$1: every layer gives" "$(stat_of handles)" 122
	same "$1: sound in use" "$(tail -n 1 "$carve/validate")" ok
	put all free
	put 'cache probe' free
	same "$1: all comes back" "$(cat "$carve/owners")" 'nothing is allocated'
	same "$1: sound afterwards" "$(tail -n 1 "$carve/validate")" ok
	same "$1: no free was refused" "$(stat_of bad_frees)" 0
}

# check_leaks: whether kmemleak, where the kernel has it, suspects anything. It looks at
# objects older than five seconds only.
check_leaks() {
	[ -e /sys/kernel/debug/kmemleak ] || return 0
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	echo scan >/sys/kernel/debug/kmemleak
	leaks=$(cat /sys/kernel/debug/kmemleak)
	same 'kmemleak finds no leak' "$leaks" ''
}

# start PROGRAM ARG…: runs it in the background, to be talked to with `tell`. $program is its
# process.
start() {
	rm -f /tmp/to /tmp/from
	mkfifo /tmp/to /tmp/from
	"$@" </tmp/to >/tmp/from 2>&1 &
	program=$!
	exec 7>/tmp/to 8</tmp/from
	read -r reply <&8
}

# tell COMMAND: $reply is the line that the program says to it.
tell() {
	echo "$1" >&7
	reply=
	read -r reply <&8
}

# does COMMAND [REPLY]: a case, that the program says so, or `ok`.
does() {
	tell "$1"
	same "$1" "$reply" "${2:-ok}"
}

# stop, stop_by SIGNAL: ends the program, with `quit` or in another way.
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
