# shellcheck shell=dash
#
# lockdown.sh - locks the kernel down after loading the module, as Secure Boot does from the start:
# writable debugfs files can't be opened any more.
#
# kernels: 6.1 6.12
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

mount -t securityfs securityfs /sys/kernel/security
must 'the module loads' load size=64M
put 'pages 3' alloc
echo integrity >/sys/kernel/security/lockdown
like 'the kernel is locked down' "$(cat /sys/kernel/security/lockdown)" '\[integrity\]'

for file in "$debug"/* "$carve"/*; do
	[ -f "$file" ] || continue
	name=${file##*/} reads=yes writes=yes
	cat "$file" >/dev/null 2>"$errors" || reads=no
	if [ "$reads" = no ]; then
		like "reading $name is not permitted" "$(cat "$errors")" 'Operation not permitted'
	fi
	(: >"$file") 2>/dev/null || writes=no
	case $(stat -c %a "$file") in
	400) same "$name can be read, not written" "$reads $writes" 'yes no' ;;
	600) same "$name can't be opened" "$reads $writes" 'no no' ;;
	*)   not_ok "$name has mode 400 or 600" ;;
	esac
done
like 'the allocation report shows earlier allocations' "$(cat "$carve/allocations")" '^1 blocks of pages, 8 pages'
check 'the device exists' [ -c /dev/carveout ]
