# shellcheck shell=bash
#
# archive.sh - packages of any Debian release, without touching the system's own sources.
#
# To be sourced after lib.sh. apt is given a sources list, package lists and a cache of its
# own for each set of suites. Where the archive is comes from the machine's own apt
# configuration.

# archive_uri SUITE: where this machine would look for it.
archive_uri() {
	local suite=$1 release uri security
	release=$(debian_release)
	[[ $release = bookworm || $release = trixie ]] ||
		die "kernels come from Debian's archive, by way of its apt: this needs a Debian 12" \
			"or 13; a container of one will do"
	uri=$(configured_uri "$release")
	if [[ -z $uri ]]; then
		with_lock apt fresh_lists
		uri=$(configured_uri "$release")
	fi
	[[ -n $uri ]] || die "apt is configured for no archive that has '$release'"
	if [[ $suite = *-security ]]; then
		security=$(configured_uri "$release-security")
		uri=${security:-${uri%/}-security}
	fi
	echo "$uri"
}

# configured_uri RELEASE: the first archive that apt is configured to use for it.
configured_uri() {
	# shellcheck disable=SC2016 # apt expands these, not the shell
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		awk -v r="$1" '$2 == r && !uri { uri = $1 } END { print uri }'
}

# archive_select "SUITE…": from here on $archive holds the options that make apt see these
# suites and no others. Their lists are brought up to date once an hour.
archive_select() {
	local state=$cache/apt/${1// /+} suite uri signed=
	archive=(-o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache"
		-o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3)
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

# archive_newest REGEX: the name of the newest package whose whole name matches.
archive_newest() {
	apt-cache "${archive[@]}" search --names-only "^$1\$" | awk '{ print $1 }' | sort -V | tail -n 1
}

# archive_version PACKAGE: the version that would be downloaded, or nothing.
archive_version() {
	apt-cache "${archive[@]}" policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# archive_needs PACKAGE REGEX: those packages it depends on whose whole names match.
archive_needs() {
	apt-cache "${archive[@]}" depends --important "$1" |
		awk -v re="^($2)\$" '$1 ~ /Depends:/ && $2 ~ re { print $2 }' | sort -u
}

# archive_unpack DIRECTORY PACKAGE…: downloads and unpacks them there, without installing.
archive_unpack() {
	local into=$1 debs=$1.debs deb
	shift
	rm -rf "$debs"
	mkdir -p "$debs" "$into"
	say "    downloading $*"
	# What can't be had may have been replaced since the lists were fetched.
	(cd "$debs" && long 900 "$cache/log/download.log" apt-get "${archive[@]}" download "$@") || {
		rm -f "$cache"/apt/*/updated
		die "could not download $*"
	}
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$into"
	done
	rm -rf "$debs"
}

# ensure_qemu: installs an emulator that runs these kernels. QEMU 7.2 (Debian 12) corrupts
# guests of 6.12 and later under software emulation: double faults, corrupt lists.
ensure_qemu() {
	! qemu_is_good || return 0
	if [[ $(debian_release) = bookworm ]] && ((EUID == 0)); then
		step "Installing a newer QEMU than this Debian's own, from its backports"
		archive_select 'bookworm bookworm-security bookworm-backports'
		with_lock apt install_packages "${archive[@]}" -t bookworm-backports qemu-system-x86
	else
		ensure_packages qemu-system-x86
	fi
	qemu_is_good || die "need QEMU 8 or newer (qemu-system-x86; Debian 12 has one in its" \
		"backports), found: $(qemu_version)"
	say "    QEMU $(qemu_version)"
}

qemu_version() {
	qemu-system-x86_64 --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p'
}

qemu_is_good() {
	local version
	version=$(qemu_version)
	((${version%%.*} >= 8))
} 2>/dev/null
