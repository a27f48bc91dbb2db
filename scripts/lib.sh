# shellcheck shell=bash
#
# lib.sh - common functions of the scripts: paths, messages, long steps, packages.
#
# Source it. Messages go to standard error, since the standard output of a script is its result.
# Downloads and kernels are in $cache, outside the tree; everything built from the tree is in $build.

set -euo pipefail
# In $(…), too
shopt -s inherit_errexit

# Variables of a calling make are not meant for the kernel's make.
unset MAKEFLAGS MFLAGS MAKELEVEL
# The scripts parse the output of tools.
export LC_ALL=C.UTF-8

# Used by the scripts that source this file.
# shellcheck disable=SC2034
{
	root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
	build=$root/build
	cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/carveout
}

# Limits apply to the time that a step prints nothing; PATIENCE=3 multiplies them by three.
patience=${PATIENCE:-1}

if [[ -t 2 ]]; then
	bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
	bold='' red='' plain=''
fi

say()  { printf '%s\n' "$*" >&2; }
step() { printf '%s\n' "$bold==> $*$plain" >&2; }
die()  { printf '%s\n' "${red}$(basename "$0"): $*$plain" >&2; exit 1; }

# elapsed SECONDS: print 95 as "1 min 35 s"
elapsed() {
	if (($1 < 60)); then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# long SILENCE LOG COMMAND ARG…: run the command with its output in LOG, and print a dot every two
# seconds. If it fails, or adds nothing to LOG for SILENCE seconds, print the end of LOG and exit. The
# total limit is hours, since the speed depends on the machine.
long() {
	local limit=$(($1 * patience)) log=$2 start=$SECONDS heard=$SECONDS
	local dots=0 pid status=0 traps size said='' stopped=''
	shift 2
	traps=$(trap -p INT TERM)
	mkdir -p "$(dirname "$log")"
	timeout --kill-after=5 4h "$@" >"$log" 2>&1 </dev/null &
	pid=$!
	# A background job ignores the interrupt key, so pass it on.
	trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
		size=$(stat -c %s "$log")
		[[ $size = "$said" ]] || said=$size heard=$SECONDS
		if [[ -z $stopped ]] && ((SECONDS - heard > limit)); then
			stopped="said nothing for $(elapsed "$limit")"
			kill "$pid"
		fi
		((SECONDS - start < 2 * (dots + 1))) || {
			((dots++)) || printf '    ' >&2
			printf . >&2
		}
	done
	wait "$pid" || status=$?
	trap - INT TERM
	eval "$traps"
	((dots == 0)) || say " $(elapsed $((SECONDS - start)))"
	[[ $status != 0 ]] || return 0
	say "The end of $log:"
	tail -n 25 "$log" | sed 's/^/    /' >&2
	((status != 124)) || stopped='had not ended after 4 hours'
	[[ -z $stopped ]] || die "stopped, as it $stopped: $*" \
		"(PATIENCE=3 in the environment allows three times as much silence)"
	die "failed with status $status: $*"
}

# slowness: print how many times slower this machine is than the reference, by the slowest guest boot
# since the host booted; at least 1.
slow_file=$cache/slowness-$(</proc/sys/kernel/random/boot_id)
slowness() { if [[ -s $slow_file ]]; then cat "$slow_file"; else echo 1; fi; }

# debian_release: print the code name of this Debian, or nothing on other systems.
debian_release() {
	[[ ! -e /etc/debian_version ]] || sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# ensure_packages PACKAGE…: install missing packages; this needs root.
ensure_packages() {
	local package missing=()
	if ! command -v dpkg-query >/dev/null; then
		say "This is not a Debian system: make sure that it has the equivalents of: $*"
		return
	fi
	for package; do
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) = installed ]] ||
			missing+=("$package")
	done
	((${#missing[@]})) || return 0
	((EUID == 0)) || die "these packages are missing; please run: sudo apt-get install ${missing[*]}"
	step "Installing ${missing[*]}"
	with_lock apt fresh_lists
	with_lock apt install_packages "${missing[@]}"
}

# arch_of KERNEL: print the value of ARCH for building modules for a kernel that scripts/kernel knows.
arch_of() {
	case $1 in
	um-*)    echo um ;;
	*-arm64*) echo arm64 ;;
	*)       echo x86_64 ;;
	esac
}

# debian_architecture KERNEL: print Debian's name of its architecture, nothing for this machine's.
debian_architecture() {
	[[ $(arch_of "$1") != arm64 ]] || echo arm64
}

# cross_of KERNEL: print the prefix of the tools that build for the kernel, empty for this machine's.
cross_of() {
	[[ $(arch_of "$1") != arm64 ]] || echo aarch64-linux-gnu-
}

# ensure_compiler KERNEL COMPILER: install that compiler (gcc, or gcc-12) for the kernel's architecture.
# The kernel's build runs programs of its own, so the compiler for this machine is needed, too.
ensure_compiler() {
	local cross
	cross=$(cross_of "$1")
	ensure_packages gcc libc6-dev "$2${cross:+-${cross%-}}"
}

# install_packages [OPTION…] PACKAGE…
install_packages() {
	DEBIAN_FRONTEND=noninteractive long 900 "$cache/log/install.log" \
		apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 \
		-o Acquire::Retries=3 "$@"
}

# fresh_lists: update the machine's package lists once a day. Other processes may hold the lock for a
# while. Ignore unreachable archives: if a needed package is missing, its installation fails.
fresh_lists() {
	local tries
	[[ -z $(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' 2>/dev/null) ||
		-z $(find "$cache/apt/updated" -mmin -1440 2>/dev/null) ]] || return 0
	for tries in 1 2 3 4 5 6; do
		long 300 "$cache/log/update.log" \
			bash -c 'apt-get update -q -o Acquire::Retries=3 || echo "E: status $?"'
		grep -q '^E: Could not get lock' "$cache/log/update.log" || break
		say "    another process is updating package lists ($tries)"
		sleep 10
	done
	! grep -q '^E: ' "$cache/log/update.log" || return 0
	mkdir -p "$cache/apt"
	touch "$cache/apt/updated"
}

# with_lock NAME COMMAND ARG…: run the command under a lock among all scripts; give up after an hour.
with_lock() {
	local name=$1 fd
	shift
	mkdir -p "$cache/lock"
	exec {fd}>"$cache/lock/$name"
	flock -n "$fd" || {
		say "    waiting for another script that holds $cache/lock/$name"
		flock -w 3600 "$fd" || die "gave up waiting for $cache/lock/$name"
	}
	"$@"
	exec {fd}>&-
}

# lay_sources DIRECTORY COMMAND…: copy or link the module's sources there with `cp` or `ln -s`, without
# files built in the tree.
lay_sources() {
	local into=$1 dir
	shift
	for dir in $(cd "$root" && find include src kunit -type d); do
		mkdir -p "$into/$dir"
		find "$root/$dir" -maxdepth 1 -name '*.[ch]' -exec "$@" -f -t "$into/$dir" {} +
	done
	"$@" -f -t "$into" "$root/Kbuild" "$root/VERSION"
}

# native_kernel: print the name of the stock kernel of this Debian, or the nearest one.
native_kernel() {
	if [[ $(debian_release) = bookworm ]]; then echo 6.1; else echo 6.12; fi
}

# prepare KERNEL: get the kernel, build the module for it, and print the path of the module.
prepare() {
	"$root/scripts/kernel" "$1" >/dev/null
	step "Building the module for Linux $1"
	"$root/scripts/build" "$1"
}
