# shellcheck shell=dash
#
# crypt.sh - tests an encrypted disk: the kernel's dm-crypt, built unchanged with carveout_native.h. It
# encrypts into compound pages of the carveout, and the block layer and dm-crypt put the last references
# to them. What is on the disk is encrypted, and is read back as it was written.
#
# kernels: 6.12
# modules: dm-mod brd
# command: dmsetup
# packages: dmsetup
# file: examples/native_crypt/dm-crypt.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
mib=16
crypt_table() { echo "0 $((mib * 2048)) crypt aes-cbc-plain64 $key 0 /dev/ram0 0"; }
crypt_open()  { crypt_table | dmsetup create --noudevsync secret && [ -b /dev/dm-0 ]; }
crypt_close() { dmsetup remove --noudevsync secret; }
write_by_four() {
	for i in 0 16 32 48; do
		dd if=/tmp/plain of=/dev/dm-0 bs=256k seek="$i" skip="$i" count=16 oflag=direct 2>/dev/null &
	done
	wait
}
nothing_left() { [ "$(cat $carve/allocations)" = 'nothing is allocated' ]; }
# copy_to DISK ARGUMENT…, copy_from DISK ARGUMENT…: write and read all of the plain text.
copy_to()     { disk=$1; shift; dd if=/tmp/plain of="$disk" bs=1M "$@" 2>/dev/null && sync; }
copy_from()   { disk=$1; shift; dd if="$disk" bs=1M count=$mib "$@" 2>/dev/null; }

yes "$(seq 5000)" | head -c $((mib * 1048576)) >/tmp/plain
insmod /dm-mod.ko
insmod /brd.ko rd_nr=1 rd_size=$((mib * 1024))
must 'the module loads' load size=64M
must 'dm-crypt loads' insmod /dm-crypt.ko
must 'an encrypted disk is created' crypt_open
like 'its pools are in the carveout' "$(cat $carve/allocations)" 'objects of cache kmalloc'
for how in '' oflag=direct; do
	# shellcheck disable=SC2086 # one word or none
	check "the disk is written ${how:-through the page cache}" copy_to /dev/dm-0 $how
	check 'what lies on the disk below is something else' eval '! copy_from /dev/ram0 | cmp -s - /tmp/plain'
	echo 3 >/proc/sys/vm/drop_caches
	check 'it is read back' eval 'copy_from /dev/dm-0 | cmp - /tmp/plain'
	check 'it is read back with O_DIRECT' eval 'copy_from /dev/dm-0 iflag=direct | cmp - /tmp/plain'
done
check 'four writers at once succeed' write_by_four
check 'the disk still holds the same' eval 'copy_from /dev/dm-0 iflag=direct | cmp - /tmp/plain'
same 'all invariants hold in use' "$(tail -n 1 $carve/validate)" ok
must 'the encrypted disk is closed' crypt_close
check 'it is opened again with the same key' crypt_open
check 'it has what was written' eval 'copy_from /dev/dm-0 | cmp - /tmp/plain'
check 'it is closed again' crypt_close
check 'all modules unload' eval 'rmmod dm-crypt brd'
settles 'nothing is allocated' nothing_left
same 'no misuse was reported' "$(misuses)" 0
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
