# shellcheck shell=dash
#
# slab_debug.sh - debugging of caches, by parameter and by file, on a driver that makes the usual
# mistakes: what the log says of each, what is counted, and who holds what.
#
# file: examples/mistakes/carveout_mistakes.ko
# beside um: um-*
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

flags='flags are F, Z, P, U, Q'
load_fails 'a letter that is no flag' "$invalid" "$flags" size=16M slab_debug=FXP
load_fails 'one in the second rule' "$invalid" "$flags" size=16M 'slab_debug=F;A,foo'
for rules in '' - 'F,nobody' 'FZP,name*,other;U,kmalloc-64'; do
	check "slab_debug=$rules is taken" load size=16M "slab_debug=$rules"
	check 'it unloads' unload
done

must 'it loads with a cache to debug' load size=16M 'slab_debug=FZPU,frames'
same 'slab_debug is 0600' "$(stat -c %a $carve/slab_debug)" 600
same 'slab_users is 0400' "$(stat -c %a $carve/slab_users)" 400
must 'the driver loads' insmod /carveout_mistakes.ko

# flags_of CACHE, found CACHE WORD: from the file, whose second line names the columns.
flags_of() { awk -v cache="$1" '$2 == cache { print $1 }' $carve/slab_debug; }
found() {
	awk -v cache="$1" -v word="$2" '
		$1 == "#" { for (i = 3; i <= NF; i++) column[$i] = i - 1 }
		$2 == cache { print $column[word] }' $carve/slab_debug
}
same 'the cache has its flags' "$(flags_of frames)" FZPU
same 'the other has none' "$(flags_of headers)" -

# mistake WORD: $said is what the log says of it.
mistake() {
	mark
	echo "$1" >/sys/module/carveout_mistakes/parameters/make || not_ok "$1 is a mistake"
	said=$(since_mark)
}

# told WHAT REGEX: somewhere in $said
told() { like "$word: $1" "$said" "^carveout: default: *$2"; }

while read -r word column what; do
	mistake "$word"
	told 'what it is' "cache frames: $what"
	told 'whose it was' 'allocated [0-9]+ ms ago on CPU [0-9]+ by pid [0-9]+:$'
	told 'who that is' 'new_frame\+.* \[carveout_mistakes\]$'
	same "$word: it is counted" "$(found frames "$column")" 1
	same "$word: and repaired" "$(tail -n 1 $carve/validate)" ok
done <<-MISTAKES
	overflow right Right Redzone overwritten: bytes 200 to 201 of object [0-9a-f]+ of 200 bytes are not 0xcc$
	underflow left Left Redzone overwritten: bytes -1 to -1 of object [0-9a-f]+ of 200 bytes are not 0xcc$
	use_after_free poison Poison overwritten: bytes 100 to 100 of object [0-9a-f]+ of 200 bytes are not 0x6b$
MISTAKES
told 'the bytes' '\+96: 6b 6b 6b 6b 12 6b'
told 'who freed it' 'freed [0-9]+ ms ago on CPU [0-9]+ by pid [0-9]+:$'
told 'who that is, too' 'drop_frame\+.* \[carveout_mistakes\]$'

while read -r word cache column why; do
	mistake "$word"
	told 'why it is refused' "bad free of [0-9a-f]+ by .*: $why; left alone"
	told 'whose it was' 'allocated [0-9]+ ms ago on CPU [0-9]+ by pid [0-9]+:$'
	same "$word: it is counted" "$(found "$cache" "$column")" 1
done <<-FREES
	double_free frames double already free
	interior_free frames invalid not the start of an object
	wrong_cache headers wrong an object of another cache
FREES

word=leak
mistake leak
told 'the cache stays' 'cache frames is not destroyed: 1 objects are in use'
told 'by whom' '200 bytes in 1 objects of cache frames, the oldest for [0-9]+ ms, by new_frame\+'

# At run time
check 'a class is debugged, too' put 'FZPU kmalloc-64' slab_debug
same 'its flags are shown' "$(flags_of kmalloc-64)" FZPU
word=overrun
mistake overrun
told 'more than was asked for' 'cache kmalloc-64: Right Redzone overwritten: bytes 50 to 50 '
check 'freed objects have to wait' put 'FZPUQ frames' slab_debug
word='use after free'
mistake use_after_free
unlike 'that hides it at first' "$said" Poison
check 'quarantine holds some' [ "$(found frames waiting)" -ge 2 ]
mark
put 1 shrink
said=$(since_mark)
told 'it is found in the end' 'cache frames: Poison overwritten: bytes 100 to 100 '
told 'where' 'found when it was let out of quarantine$'
same 'quarantine is empty' "$(found frames waiting)" 0
check 'its size can be set' put 'quarantine 1000' slab_debug
like 'and is shown' "$(cat $carve/slab_debug)" '^# quarantine 1000$'

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

# Who holds what
check 'a class is tracked' put 'U kmalloc-128' slab_debug
put 'kmalloc 100 x30' alloc
put 'kmalloc 120 x2' alloc
users=$(grep 'cache kmalloc-128' $carve/slab_users)
like 'holders are listed' "$users" '^[0-9]+ bytes in [0-9]+ objects of cache kmalloc-128, '
same 'all their bytes' "$(echo "$users" | awk '{ n += $1 } END { print n }')" 3240
like 'owners lists them' "$(cat $carve/owners)" '^[0-9]+ bytes in [0-9]+ objects of cache kmalloc-128, '
mark
check 'removal is refused' eval "! echo default 2>/dev/null >$debug/remove"
like 'and lists them' "$(since_mark)" 'carveout: default: [0-9]+ bytes in [0-9]+ objects of cache kmalloc-128, '
put all free

# Off again, with things about
put '- *' slab_debug
same 'all are off' "$(awk '$1 != "#" && $1 != "-"' $carve/slab_debug)" ''
word=overflow
mistake overflow
same 'nothing is said of it any more' "$said" ''
same 'slab_users says what it takes' "$(cat $carve/slab_users)" \
	'no cache has user tracking: write U and its name to slab_debug'
check 'the driver unloads' rmmod carveout_mistakes

# use_all WHEN: every layer works, and is sound.
use_all() {
	bad_frees=$(stat_of bad_frees)
	for line in 'pages 2' 'kmalloc 77 x100' 'vmalloc 64K' 'cache_create probe 90' \
		'cache_alloc probe x100'; do
		put "$line" alloc || not_ok "'$line' works $1: $reply"
	done
	same "validate is content $1" "$(tail -n 1 $carve/validate)" ok
	put all free
	put 'cache probe' free
	same "and afterwards" "$(tail -n 1 $carve/validate)" ok
	same 'with no bad frees' "$(stat_of bad_frees)" "$bad_frees"
	same 'nothing is left' "$(cat $carve/owners)" 'nothing is allocated'
}
use_all 'with debugging off again'
check 'all caches are debugged' put 'FZPUQ *' slab_debug
use_all 'with all caches debugged'
check 'it unloads' unload
check_leaks
