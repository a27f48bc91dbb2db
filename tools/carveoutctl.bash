# shellcheck shell=bash
#
# carveoutctl.bash - completes commands, options, carveouts, caches and handles of carveoutctl in bash.

# _carveoutctl_files: print the directory that has the files of all carveouts.
_carveoutctl_files() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} != --debugfs ]] || { echo "${COMP_WORDS[i + 1]}/carveout"; return; }
	done
	echo "${CARVEOUT_DEBUGFS:-/sys/kernel/debug}/carveout"
}

# _carveoutctl_names: print the names of all carveouts; nothing for those who can't read them.
_carveoutctl_names() {
	local directory
	for directory in "$(_carveoutctl_files)"/*/; do
		[[ ! -d $directory ]] || basename "$directory"
	done
}

# _carveoutctl_caches NAME: print the caches of the carveout.
_carveoutctl_caches() {
	awk 'NR > 2 { print $1 }' "$(_carveoutctl_files)/$1/slabinfo" 2>/dev/null
}

# _carveoutctl_options COMMAND: print the options of the command, or those of all without one.
_carveoutctl_options() {
	local general='--debugfs --json --color --help'
	case $1 in
	map)    echo "$general --all" ;;
	top)    echo "$general --sort --interval --iterations --batch" ;;
	debug)  echo "$general --off --quarantine" ;;
	bench)  echo "$general --batches --sizes --cpus --svg" ;;
	report) echo "$general --output --seconds --samples --bench" ;;
	export) echo "$general --prometheus --output" ;;
	*)      echo "$general" ;;
	esac
}

# _carveoutctl_words COMMAND NUMBER NAME WORD: print what the argument of this number can be, NAME and WORD
# being the first two.
_carveoutctl_words() {
	case $1-$2 in
	show-* | map-* | allocations-* | validate-* | top-* | remove-* | report-* | export-*) _carveoutctl_names ;;
	alloc-1 | free-1 | debug-1 | fuzz-1 | bench-1) _carveoutctl_names ;;
	alloc-2) echo 'pages exact kmalloc vmalloc vzalloc cache_create cache_alloc' ;;
	alloc-3) [[ $4 != cache_alloc ]] || _carveoutctl_caches "$3" ;;
	free-2)  echo 'all cache' ;;
	free-3 | debug-3) _carveoutctl_caches "$3" ;;
	fuzz-*)  echo 'seed= steps= cpus= contexts= layers= fail_nth= hotplug=1 seconds=' ;;
	bench-*) echo 'all slab kmalloc page vmalloc carveout' ;;
	esac
}

_carveoutctl() {
	local commands='list show map allocations validate top create remove alloc free debug fuzz bench report export'
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' words=() choices i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--debugfs | --color | --sort | --interval | --iterations | --off | --quarantine | --batches | \
			--sizes | --cpus | --svg | --output | --seconds | --samples | --bench | -[sdno]) ((i++)) ;;
		-*) ;;
		*)  if [[ -z $command ]]; then command=${COMP_WORDS[i]}; else words+=("${COMP_WORDS[i]}"); fi ;;
		esac
	done
	case $previous in
	--color)     choices='auto always never' ;;
	--sort | -s) choices='bytes count rate what' ;;
	--off)       choices=$(_carveoutctl_caches "${words[0]:-}") ;;
	--debugfs)   mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
	--svg | --output | --bench | -o) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
	*)  if [[ $word = -* ]]; then
		choices=$(_carveoutctl_options "$command")
	    elif [[ -z $command ]]; then
		choices=$commands
	    else
		choices=$(_carveoutctl_words "$command" $((${#words[@]} + 1)) "${words[@]:0:2}" '' '')
	    fi ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
	[[ ${COMPREPLY[0]:-} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _carveoutctl carveoutctl
