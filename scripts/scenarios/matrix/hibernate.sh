# shellcheck shell=dash
#
# hibernate.sh - a carveout of ordinary memory keeps its contents across hibernation. A carveout of
# memory reserved at boot, which the kernel would not save, refuses hibernation.
#
# The machine reboots in the middle: the second kernel runs this file from the start, finds the image
# on the disk, and resumes the first kernel.
#
# kernels: 6.1 6.12 6.12-debug
# boot: memmap=16M$0x10000000 hibernate=nocompress
# memory: 512M
# qemu: -action reboot=reset -drive if=none,id=d0,snapshot=on,driver=null-co,size=1G,read-zeroes=on -device nvme,serial=swap,drive=d0 -drive if=none,id=d1,snapshot=on,driver=null-co,size=1G,read-zeroes=on -device virtio-blk-pci,drive=d1
# program: mapper
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

# Some kernels have a driver for one of these disks only.
for disk in nvme0n1 vda; do [ ! -e "/dev/$disk" ] || break; done

if [ "$(dd "if=/dev/$disk" bs=1 skip=4086 count=9 2>/dev/null)" = S1SUSPEND ]; then
	ok 'a second kernel finds the image'
	cat "/sys/block/$disk/dev" >/sys/power/resume
	not_ok 'it resumes the first kernel'
	exit 1
fi
must 'there is a disk to swap to' mkswap "/dev/$disk"
must 'the disk is enabled as swap' swapon "/dev/$disk"

# hibernate: write the image and reboot; set $said to the module's log lines.
hibernate() {
	mark
	echo reboot >/sys/power/disk
	echo disk 2>$errors >/sys/power/state && status=0 || status=1
	said=$(since_mark)
	return "$status"
}

# held: print the allocation report without ages.
held() { grep -E '^[0-9]+ (blocks|vmalloc|objects) ' $carve/allocations; }

check 'a carveout of memory reserved at boot loads' load size=8M phys=0x10000000
check 'it refuses hibernation' eval '! hibernate'
like 'hibernation fails with EBUSY' "$(cat $errors)" "$busy"
same 'the log has one line with the reason' "$said" "carveout: default: hibernation refused: it would not save\
 [mem 0x0000000010000000-0x00000000107fffff], which was reserved at boot: remove this carveout first"
all_layers 'after refused hibernation'
check 'the module unloads' unload

check 'a carveout of ordinary memory loads' load size=16M source=contig slab_debug=FZPU,probe
put 'vmalloc 1M x4' alloc
put 'kmalloc 500 x100' alloc
put 'cache_create probe 200' alloc
put 'cache_alloc probe x200' alloc
before=$(held)
start /mapper /dev/carveout
does 'map a 4M'
does 'fill a 0 4M 165'
check 'the machine hibernates, reboots and resumes' hibernate
same 'the allocation report is unchanged' "$(held)" "$before"
same 'all invariants hold' "$(tail -n 1 $carve/validate)" ok
does 'is a 0 4M 165'
does 'fill a 0 4M 90'
stop
put all free
put 'cache probe' free
settles 'nothing is allocated in the end' eval "[ \"\$(cat $carve/allocations)\" = 'nothing is allocated' ]"
all_layers 'after hibernation'
check 'the module unloads' unload
check_leaks
