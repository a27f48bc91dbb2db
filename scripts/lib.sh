# shellcheck shell=bash
#
# lib.sh - what the scripts here have in common: paths, messages, long steps, packages.
#
# To be sourced. Messages go to standard error, so that a script's standard output is its
# result. Downloads and kernels live outside the tree, in $cache; what is made of the tree
# itself lives in $build.

set -euo pipefail
# In $(…), too
shopt -s inherit_errexit

# What a make above has been told is not meant for the kernel's.
unset MAKEFLAGS MFLAGS MAKELEVEL
# What tools say is read here.
export LC_ALL=C.UTF-8

# Used by the scripts that source this file.
# shellcheck disable=SC2034
{
	root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
	build=$root/build
	cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/carveout
}

# Limits are on how long a step may say nothing; PATIENCE=3 makes them three times as long.
patience=${PATIENCE:-1}

if [[ -t 2 ]]; then
	bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
	bold='' red='' plain=''
fi

say()  { printf '%s\n' "$*" >&2; }
step() { printf '%s\n' "$bold==> $*$plain" >&2; }
die()  { printf '%s\n' "${red}$(basename "$0"): $*$plain" >&2; exit 1; }

# elapsed SECONDS: 95 as "1 min 35 s"
elapsed() {
	if (($1 < 60)); then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# long SILENCE LOG COMMAND ARG…: runs the command with its output in LOG, and prints a dot every
# two seconds. A command that fails, or adds nothing to LOG for SILENCE seconds, has the end of its
# log shown, and that ends the script. How long it may take while it gets on, is a matter of the
# machine: a total of hours ends it.
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

# slowness: by how much this machine is slower than that one, as its slowest boot since it was
# started itself says; at least 1.
slow_file=$cache/slowness-$(</proc/sys/kernel/random/boot_id)
slowness() { if [[ -s $slow_file ]]; then cat "$slow_file"; else echo 1; fi; }

# debian_release: its code name, or nothing on other systems.
debian_release() {
	[[ ! -e /etc/debian_version ]] || sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# ensure_packages PACKAGE…: installs those that are missing, where it may.
ensure_packages() {
	local package missing=()
	if ! command -v dpkg-query >/dev/null; then
		say "This is not a Debian system: make sure that it has what Debian calls: $*"
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

# install_packages [OPTION…] PACKAGE…
install_packages() {
	DEBIAN_FRONTEND=noninteractive long 900 "$cache/log/install.log" \
		apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 \
		-o Acquire::Retries=3 "$@"
}

# fresh_lists: brings the machine's own package lists up to date, once a day. The machine's own
# business may hold their lock for a while, and some archive that nobody needs here may be out of
# reach: what is missing then, the installation will say.
fresh_lists() {
	local tries
	[[ -z $(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' 2>/dev/null) ||
		-z $(find "$cache/apt/updated" -mmin -1440 2>/dev/null) ]] || return 0
	for tries in 1 2 3 4 5 6; do
		long 300 "$cache/log/update.log" \
			bash -c 'apt-get update -q -o Acquire::Retries=3 || echo "E: status $?"'
		grep -q '^E: Could not get lock' "$cache/log/update.log" || break
		say "    somebody else is updating package lists ($tries)"
		sleep 10
	done
	! grep -q '^E: ' "$cache/log/update.log" || return 0
	mkdir -p "$cache/apt"
	touch "$cache/apt/updated"
}

# with_lock NAME COMMAND ARG…: one at a time among all scripts that run; gives up in an hour.
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

# lay_sources DIRECTORY COMMAND…: has `cp` or `ln -s` lay the module's sources there; nothing
# that was built in the tree goes with them.
lay_sources() {
	local into=$1 dir
	shift
	for dir in $(cd "$root" && find include src kunit -type d); do
		mkdir -p "$into/$dir"
		find "$root/$dir" -maxdepth 1 -name '*.[ch]' -exec "$@" -f -t "$into/$dir" {} +
	done
	"$@" -f -t "$into" "$root/Kbuild"
}

# native_kernel: the stock kernel of this Debian, or the nearest to it.
native_kernel() {
	if [[ $(debian_release) = bookworm ]]; then echo 6.1; else echo 6.12; fi
}

# prepare KERNEL: gets it, builds the module for it, and prints where that is.
prepare() {
	"$root/scripts/kernel" "$1" >/dev/null
	step "Building the module for Linux $1"
	"$root/scripts/build" "$1"
}
