# shellcheck shell=dash
#
# slab_debug.sh - enables cache debugging by parameter and by file for a driver with common mistakes,
# and checks the log lines, the counters and the allocation report.
#
# file: examples/mistakes/carveout_mistakes.ko
# prefers: um-7.2 *
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

flags='flags are F, Z, P, U, Q'
load_fails 'a letter that is no flag' "$invalid" "$flags" size=16M slab_debug=FXP
load_fails 'a bad flag in the second rule' "$invalid" "$flags" size=16M 'slab_debug=F;A,foo'
for rules in '' - 'F,nobody' 'FZP,name*,other;U,kmalloc-64'; do
	check "slab_debug=$rules is accepted" load size=16M "slab_debug=$rules"
	check 'the module unloads' unload
done

must 'the module loads with a cache to debug' load size=16M 'slab_debug=FZPU,frames'
same 'slab_debug is 0600' "$(stat -c %a $carve/slab_debug)" 600
same 'slab_users is 0400' "$(stat -c %a $carve/slab_users)" 400
must 'the driver loads' insmod /carveout_mistakes.ko

# flags_of CACHE, found CACHE WORD: print a column of slab_debug; the second line names the columns.
flags_of() { awk -v cache="$1" '$2 == cache { print $1 }' $carve/slab_debug; }
found() {
	awk -v cache="$1" -v word="$2" '
		$1 == "#" { for (i = 3; i <= NF; i++) column[$i] = i - 1 }
		$2 == cache { print $column[word] }' $carve/slab_debug
}
same 'the cache frames has its flags' "$(flags_of frames)" FZPU
same 'the cache headers has no flags' "$(flags_of headers)" -

# mistake WORD: make the mistake, and set $said to the log lines.
mistake() {
	mark
	echo "$1" >/sys/module/carveout_mistakes/parameters/make || not_ok "the driver can make the mistake $1"
	said=$(since_mark)
}

# told WHAT REGEX: match a line of $said
told() { like "$word: $1" "$said" "^carveout: default: *$2"; }

while read -r word column what; do
	mistake "$word"
	told 'the log names the corruption' "cache frames: $what"
	told 'the log has the alloc track' 'allocated [0-9]+ ms ago on CPU [0-9]+ by pid [0-9]+:$'
	told 'the stack has the allocating function' 'new_frame\+.* \[carveout_mistakes\]$'
	same "$word: the corruption is counted" "$(found frames "$column")" 1
	same "$word: the object is repaired" "$(tail -n 1 $carve/validate)" ok
done <<-MISTAKES
	overflow right Right Redzone overwritten: bytes 200 to 201 of object [0-9a-f]+ of 200 bytes are not 0xcc$
	underflow left Left Redzone overwritten: bytes -1 to -1 of object [0-9a-f]+ of 200 bytes are not 0xcc$
	use_after_free poison Poison overwritten: bytes 100 to 100 of object [0-9a-f]+ of 200 bytes are not 0x6b$
MISTAKES
told 'the log dumps the bytes' '\+96: 6b 6b 6b 6b 12 6b'
told 'the log has the free track' 'freed [0-9]+ ms ago on CPU [0-9]+ by pid [0-9]+:$'
told 'the stack has the freeing function' 'drop_frame\+.* \[carveout_mistakes\]$'

while read -r word cache column why; do
	mistake "$word"
	told 'the log has the reason' "bad free of [0-9a-f]+ by .*: $why; ignored"
	told 'the log has the alloc track' 'allocated [0-9]+ ms ago on CPU [0-9]+ by pid [0-9]+:$'
	same "$word: the bad free is counted" "$(found "$cache" "$column")" 1
done <<-FREES
	double_free frames double already free
	interior_free frames invalid not the start of an object
	wrong_cache headers wrong an object of another cache
FREES

# The kernel reports this itself, if it has CONFIG_DEBUG_ATOMIC_SLEEP
mistake atomic_sleep
if grep -qw __might_sleep /proc/kallsyms; then
	like 'a sleep in atomic context is reported' "$(dmesg | tail -n 60)" \
		'sleeping function called from invalid context'
	like 'the report has the calling function' "$(dmesg | tail -n 60)" 'new_frame\+.* \[carveout_mistakes\]$'
else
	same 'a sleep in atomic context is not reported' "$said" ''
fi

word=leak
mistake leak
told 'the cache is not destroyed' 'cache frames is not destroyed: 1 objects are in use'
told 'the log has the allocation report' '200 bytes in 1 objects of cache frames, the oldest for [0-9]+ ms, by new_frame\+'

# At run time
check 'a kmalloc cache is debugged, too' put 'FZPU kmalloc-64' slab_debug
same 'its flags are shown' "$(flags_of kmalloc-64)" FZPU
word=overrun
mistake overrun
told 'a write past the requested size is found' 'cache kmalloc-64: Right Redzone overwritten: bytes 50 to 50 '
check 'quarantine is enabled' put 'FZPUQ frames' slab_debug
word='use after free'
mistake use_after_free
same 'a quarantined object is not checked at once' "$said" ''
check 'quarantine has at least 2 objects' [ "$(found frames waiting)" -ge 2 ]
mark
put 1 shrink
said=$(since_mark)
told 'shrink finds the corruption' 'cache frames: Poison overwritten: bytes 100 to 100 '
told 'the log says that quarantine released it' 'found when it was released from quarantine$'
same 'quarantine is empty' "$(found frames waiting)" 0
check 'the size of quarantine can be set' put 'quarantine 1000' slab_debug
like 'the size of quarantine is shown' "$(cat $carve/slab_debug)" '^# quarantine 1000$'

refused() {
	if put "$1" slab_debug; then not_ok "'$1' is refused"; else ok "'$1' is refused"; fi
	like "'$1' gives EINVAL" "$(cat $errors)" "$invalid"
	like "'$1' says why" "$reply" "^error: .*($2)"
}
refused 'X frames' 'not made of the flags'
refused 'F' 'FLAGS NAME'
refused 'F nobody*' 'no cache is called "nobody\*"'
refused 'quarantine lots' 'not a number of bytes'
refused '' 'line|not made'

# The allocation report
check 'a kmalloc cache is tracked' put 'U kmalloc-128' slab_debug
put 'kmalloc 100 x30' alloc
put 'kmalloc 120 x2' alloc
users=$(grep 'cache kmalloc-128' $carve/slab_users)
like 'slab_users lists allocations' "$users" '^[0-9]+ bytes in [0-9]+ objects of cache kmalloc-128, '
same 'slab_users counts all bytes' "$(echo "$users" | awk '{ n += $1 } END { print n }')" 3240
like 'the file allocations lists them' "$(cat $carve/allocations)" '^[0-9]+ bytes in [0-9]+ objects of cache kmalloc-128, '
mark
check 'removal is refused' eval "! echo default 2>/dev/null >$debug/remove"
like 'the log lists allocations' "$(since_mark)" 'carveout: default: [0-9]+ bytes in [0-9]+ objects of cache kmalloc-128, '
put all free

# Disable debugging while objects are allocated
put '- *' slab_debug
same 'no cache is debugged' "$(awk '$1 != "#" && $1 != "-"' $carve/slab_debug)" ''
word=overflow
mistake overflow
same 'an overflow is not reported any more' "$said" ''
same 'slab_users says how to enable tracking' "$(cat $carve/slab_users)" \
	'no cache has user tracking: write U and its name to slab_debug'
check 'the driver unloads' rmmod carveout_mistakes

# use_all WHEN: check that every layer works and all invariants hold.
use_all() {
	bad_frees=$(stat_of bad_frees)
	for line in 'pages 2' 'kmalloc 77 x100' 'vmalloc 64K' 'cache_create probe 90' \
		'cache_alloc probe x100'; do
		put "$line" alloc || not_ok "'$line' works $1: $reply"
	done
	same "validate finds no violation $1" "$(tail -n 1 $carve/validate)" ok
	put all free
	put 'cache probe' free
	same "validate finds no violation after freeing, $1" "$(tail -n 1 $carve/validate)" ok
	same "no free was refused $1" "$(stat_of bad_frees)" "$bad_frees"
	same "nothing is allocated $1" "$(cat $carve/allocations)" 'nothing is allocated'
}
use_all 'with debugging off again'
check 'all caches are debugged' put 'FZPUQ *' slab_debug
use_all 'with all caches debugged'
check 'the module unloads' unload
check_leaks
