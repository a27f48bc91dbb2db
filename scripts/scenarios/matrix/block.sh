# shellcheck shell=dash
#
# block.sh - tests a RAM disk with a file system: the kernel's brd and vfat, built unchanged with
# carveout_native.h. The pages of the disk and the inodes are in the carveout, and files keep their
# contents.
#
# kernels: 6.12
# modules: nls_cp437 nls_ascii
# file: examples/native_block/brd.ko examples/native_block/fat.ko examples/native_block/vfat.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

mkdir /disk /tmp/same
put_in()   { mount -t vfat /dev/ram1 /disk; }
digest()   { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
# own REGEX: print how many allocations match
own()      { awk -v what="$1" '$0 ~ what { n += $1 } END { print n + 0 }' $carve/allocations; }
no_inode() { [ "$(own 'cache fat_inode_cache')" = 0 ]; }
no_pages() { [ "$(cat $carve/allocations)" = 'nothing is allocated' ]; }

# write_files DIRECTORY: write files of many lengths; overwrite, truncate, rename and remove some.
write_files() {
	mkdir -p "$1/many/deep" || return 1
	for i in $(seq 100); do
		head -c $((i * 531)) /bin/busybox >"$1/many/a long name of file $i" || return 1
	done
	for i in $(seq 3 3 99); do
		rm "$1/many/a long name of file $i"
		mv "$1/many/a long name of file $((i - 1))" "$1/many/deep/file.$i"
	done
	dd if=/bin/busybox of="$1/many/deep/file.33" bs=1000 seek=40 conv=notrunc 2>/dev/null
	truncate -s 5000 "$1/many/deep/file.66"
	cp /bin/busybox "$1"
}

insmod /nls_cp437.ko
insmod /nls_ascii.ko
must 'the module loads' load size=64M
must 'the RAM disk is created' insmod /brd.ko rd_nr=2 rd_size=32768
must 'the file system loads' eval 'insmod /fat.ko && insmod /vfat.ko'
check 'O_DIRECT reads what it wrote to the disk' eval '
	head -c 1048576 /bin/busybox >/tmp/data
	dd if=/tmp/data of=/dev/ram0 bs=64k oflag=direct 2>/dev/null
	dd if=/dev/ram0 bs=64k count=16 iflag=direct 2>/dev/null | cmp - /tmp/data'
check 'the disk has its pages from the carveout' [ "$(own brd_insert_page)" = 256 ]

check 'a file system is created' eval 'mkdosfs /dev/ram1 >/dev/null'
must 'the file system is mounted' put_in
check 'files are written' write_files /disk
check 'the same files are written to a tmpfs' write_files /tmp/same
check 'their inodes are in the carveout' [ "$(own 'cache fat_inode_cache')" -gt 70 ]
same 'the files are equal' "$(digest /disk)" "$(digest /tmp/same)"
check 'the file system is unmounted' umount /disk
settles 'its inodes are freed' no_inode
must 'the file system is mounted again' put_in
same 'the files have what was written' "$(digest /disk)" "$(digest /tmp/same)"
same 'all invariants hold in use' "$(tail -n 1 $carve/validate)" ok
check 'the carveout module does not unload in use' eval '! rmmod carveout 2>/dev/null'
check 'all other modules unload' eval 'umount /disk && rmmod vfat fat brd'
settles 'nothing is allocated' no_pages
same 'no misuse was reported' "$(misuses)" 0
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
