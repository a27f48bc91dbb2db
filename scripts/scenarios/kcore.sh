# shellcheck shell=dash
#
# kcore.sh - reads /proc/kcore where the module maps memory, as a debugger does. It must read zeroes
# there, since memory reserved at boot has no other address, and must end.
#
# kernels: 6.1 6.12 6.1-debug 6.12-debug 7.2-debug
# boot: memmap=64M$0x10000000 no_hash_pointers
# memory: 1G
# program: kcore
# file: examples/highmem/carveout_highmem.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the kernel has /proc/kcore' [ -e /proc/kcore ]

ended() { ! grep -q '^State:.[RSD]' "/proc/$1/status" 2>/dev/null; }

# reads WHEN WORD…: check that kcore ends for each word; if not, that it can be killed.
reads() {
	when=$1
	shift
	for word; do
		/kcore "$word" >/tmp/kcore 2>&1 &
		reader=$!
		settles "$when: the reader of '$word' ends" ended $reader
		if ! ended $reader; then
			kill -9 $reader
			settles "$when: the reader can be killed" ended $reader
			return
		fi
		wait $reader
		same "$when: the reader succeeds" $? 0
		like "$when: it reads '$word' as zeroes: $(cat /tmp/kcore)" "$(cat /tmp/kcore)" \
			'^[1-9][0-9]* ranges, [1-9][0-9]* bytes, 0 of them not zero$'
	done
}

# churn: load a client again and again, which maps its pages by kmap and writes to them.
churn() {
	while [ ! -e /tmp/enough ]; do
		insmod /carveout_highmem.ko pages=4000 && rmmod carveout_highmem
		put 'vzalloc 2M' alloc
	done
}

for source in 16M@0x10000000,32M@0x11000000 16M,32M; do
	must "$source loads" load "carveouts=default:$source(highmem)" slab_debug=P
	check 'areas are mapped' put 'vmalloc 300K x8' alloc
	reads "$source at rest" '[carveout]' memremap
	rm -f /tmp/enough
	churn >/dev/null 2>&1 &
	churner=$!
	reads "$source in use" '[carveout]'
	touch /tmp/enough
	wait $churner
	put all free
	same 'all is sound' "$(tail -n 1 $carve/validate)" ok
	check 'the module unloads' unload
done
check_leaks
