# shellcheck shell=dash
#
# deb.sh - installs the Debian packages of an older version in a minimal system, upgrades them, and purges
# them. For scripts/deb, which has a system where it may do that. Arguments: the directories of both versions.
set -e
old=$1 new=$2
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin

# check WHAT COMMAND ARG…: the command must succeed.
check() {
	what=$1
	shift
	"$@" || { echo "not ok - $what"; exit 1; }
	echo "ok - $what"
}

apt() { apt-get -y -q -o APT::Sandbox::User=root --no-install-recommends "$@"; }
# built VERSION: DKMS has built and installed this version for the kernel whose headers are there.
built() {
	dkms status
	dkms status -m carveout -v "$1" -k "$kernel" | grep -q ': installed$' &&
		[ "$(modinfo -k "$kernel" -F version carveout)" = "$1" ]
}
# works: the tool starts, and says what is missing on a machine without the module.
works() {
	carveoutctl list 2>/tmp/said && return 1
	[ $? = 3 ] && cat /tmp/said && grep -q '^carveoutctl: ' /tmp/said
}
left() { find /usr /etc /var /boot -xdev -not -path '/var/cache/*' -not -path '/var/log/*' -name '*carveout*'; }

apt update
# The compiler of the headers, and what Debian's kernel packages bring along
apt install dkms kmod linux-headers-cloud-amd64
for kernel in /lib/modules/*; do kernel=${kernel##*/}; done
echo "Linux $kernel"

check 'the packages are installed' apt install "$old"/carveout-dkms_*.deb "$old"/carveout-tools_*.deb
check 'DKMS has built the module' built "${old##*/}"
check 'carveoutctl works' works
check 'it has a man page' [ -e /usr/share/man/man8/carveoutctl.8.gz ]
check 'bash completes it' bash -n /usr/share/bash-completion/completions/carveoutctl
check 'the packages are upgraded' apt install "$new"/carveout-dkms_*.deb "$new"/carveout-tools_*.deb
check 'DKMS has built the new module' built "${new##*/}"
check 'the sources of the old one are gone' [ ! -e "/usr/src/carveout-${old##*/}" ]
check 'carveoutctl still works' works
check 'the packages are purged' apt purge carveout-dkms carveout-tools
check "nothing is left: $(left)" [ -z "$(left)" ]
