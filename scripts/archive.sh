# shellcheck shell=bash
#
# archive.sh - fetches packages of any Debian release without changing the system's apt sources.
#
# Source it after lib.sh. Each set of suites has its own sources list, package lists and apt
# cache. The address of the archive comes from the machine's apt configuration.

# archive_uri SUITE: print the archive that this machine uses for the suite.
archive_uri() {
	local suite=$1 release uri security
	release=$(debian_release)
	[[ $release = bookworm || $release = trixie ]] ||
		die "kernels come from Debian's archive, through apt: this needs Debian 12 or 13," \
			"possibly in a container"
	uri=$(configured_uri "$release")
	if [[ -z $uri ]]; then
		with_lock apt fresh_lists
		uri=$(configured_uri "$release")
	fi
	[[ -n $uri ]] || die "apt has no archive configured for '$release'"
	if [[ $suite = *-security ]]; then
		security=$(configured_uri "$release-security")
		uri=${security:-${uri%/}-security}
	fi
	echo "$uri"
}

# configured_uri RELEASE: print the first archive that apt is configured to use for the release.
configured_uri() {
	# shellcheck disable=SC2016 # apt expands these, not the shell
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		awk -v r="$1" '$2 == r && !uri { uri = $1 } END { print uri }'
}

# archive_select "SUITE…" [ARCHITECTURE]: set $archive to the options that restrict apt to these suites,
# and to packages for that architecture instead of this machine's. Update their package lists once an
# hour.
archive_select() {
	local state=$cache/apt/${1// /+}${2:+.$2} suite uri signed=
	archive=(-o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache"
		-o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3)
	# The second option empties the list of architectures.
	[[ -z ${2:-} ]] || archive+=(-o "APT::Architecture=$2" -o '#clear=APT::Architectures'
		-o "APT::Architectures::=$2")
	[[ -z $(find "$state/updated" -mmin -60 2>/dev/null) ]] || return 0
	[[ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ]] ||
		signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] '
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	for suite in $1; do
		uri=$(archive_uri "$suite")
		echo "deb $signed$uri $suite main"
	done >"$state/sources.list"
	say "    package lists of $1"
	with_lock lists long 300 "$cache/log/lists.log" apt-get "${archive[@]}" update
	touch "$state/updated"
}

# archive_newest REGEX: print the name of the newest package whose whole name matches.
archive_newest() {
	apt-cache "${archive[@]}" search --names-only "^$1\$" | awk '{ print $1 }' | sort -V | tail -n 1
}

# archive_version PACKAGE: print the version that apt would download, or nothing.
archive_version() {
	apt-cache "${archive[@]}" policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# archive_needs PACKAGE REGEX: print its dependencies whose whole names match.
archive_needs() {
	apt-cache "${archive[@]}" depends --important "$1" |
		awk -v re="^($2)\$" '$1 ~ /Depends:/ && $2 ~ re { print $2 }' | sort -u
}

# archive_unpack DIRECTORY PACKAGE…: download the packages and unpack them there, don't install.
archive_unpack() {
	local into=$1 debs=$1.debs deb
	shift
	rm -rf "$debs"
	mkdir -p "$debs" "$into"
	say "    downloading $*"
	# A missing package may have been replaced since the lists were fetched.
	(cd "$debs" && long 900 "$cache/log/download.log" apt-get "${archive[@]}" download "$@") || {
		rm -f "$cache"/apt/*/updated
		die "could not download $*"
	}
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$into"
	done
	rm -rf "$debs"
}

# ensure_qemu MACHINE: install an emulator of x86_64 or aarch64 that runs these kernels. QEMU 7.2
# (Debian 12) corrupts guests of 6.12 and later under software emulation: double faults, corrupt lists.
# Before 9.1, the aarch64 machine has one serial line only.
declare -A qemu_needed=([x86_64]=8.0 [aarch64]=9.1)
ensure_qemu() {
	local package=qemu-system-x86
	[[ $1 = x86_64 ]] || package=qemu-system-arm
	! qemu_is_good "$1" || return 0
	if [[ $(debian_release) = bookworm ]] && ((EUID == 0)); then
		step "Installing a newer QEMU than this Debian's own, from its backports"
		archive_select 'bookworm bookworm-security bookworm-backports'
		with_lock apt install_packages "${archive[@]}" -t bookworm-backports "$package"
	else
		ensure_packages "$package"
	fi
	qemu_is_good "$1" || die "need QEMU ${qemu_needed[$1]} or newer ($package; Debian 12 has one in its" \
		"backports), found: $(qemu_version "$1")"
	say "    QEMU $(qemu_version "$1")"
}

qemu_version() {
	"qemu-system-$1" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p'
}

qemu_is_good() {
	local version
	version=$(qemu_version "$1")
	[[ -n $version ]] && sort -V -C <<<"${qemu_needed[$1]}"$'\n'"$version"
}
