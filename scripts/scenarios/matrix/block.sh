# shellcheck shell=dash
#
# block.sh - a disk in memory and a file system on it, the kernel's own brd and vfat rebuilt
# unchanged on a carveout by way of carveout_native.h: the disk's pages, inodes and directory
# entries lie in the carveout, and files are what they were.
#
# kernels: 6.12
# modules: nls_cp437 nls_ascii
# file: examples/native_block/brd.ko examples/native_block/fat.ko examples/native_block/vfat.ko
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

mkdir /disk /tmp/same
put_in()   { mount -t vfat /dev/ram1 /disk; }
digest()   { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
# own WHAT: how many of that are allocated
own()      { awk -v what="$1" '$0 ~ what { n += $1 } END { print n + 0 }' $carve/owners; }
no_inode() { [ "$(own 'cache fat_inode_cache')" = 0 ]; }
no_pages() { [ "$(cat $carve/owners)" = 'nothing is allocated' ]; }

# write_files DIRECTORY: of all lengths, some of them written twice, cut, renamed, removed.
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
must 'the disk is made' insmod /brd.ko rd_nr=2 rd_size=32768
must 'the file system loads' eval 'insmod /fat.ko && insmod /vfat.ko'
check 'bytes come back from the disk past the page cache' eval '
	head -c 1048576 /bin/busybox >/tmp/data
	dd if=/tmp/data of=/dev/ram0 bs=64k oflag=direct 2>/dev/null
	dd if=/dev/ram0 bs=64k count=16 iflag=direct 2>/dev/null | cmp - /tmp/data'
check 'they lie in pages of the carveout' [ "$(own brd_insert_page)" = 256 ]

check 'a file system is made' eval 'mkdosfs /dev/ram1 >/dev/null'
must 'and mounted' put_in
check 'files are written' write_files /disk
check 'the same ones in a tmpfs' write_files /tmp/same
check "their inodes are the carveout's" [ "$(own 'cache fat_inode_cache')" -gt 70 ]
same 'they are equal' "$(digest /disk)" "$(digest /tmp/same)"
check 'the file system goes' umount /disk
settles 'and its inodes' no_inode
must 'it is mounted again' put_in
same 'files are as they were written' "$(digest /disk)" "$(digest /tmp/same)"
same 'all is sound in use' "$(tail -n 1 $carve/validate)" ok
check 'meanwhile the carveout must stay' eval '! rmmod carveout 2>/dev/null'
check 'all are removed' eval 'umount /disk && rmmod vfat fat brd'
settles 'nothing is left' no_pages
same 'no free was refused' "$(stat_of bad_frees)" 0
same 'all is sound' "$(tail -n 1 $carve/validate)" ok
