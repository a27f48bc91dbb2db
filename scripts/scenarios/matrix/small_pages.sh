# shellcheck shell=dash
#
# small_pages.sh - huge mappings are refused on a CPU without huge pages.
#
# kernels: 6.1 6.12
# boot: clearcpuid=pse
# program: mapper
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

must 'the module loads' load size=16M
check 'the CPU has no huge pages' eval '! grep -qw pse /proc/cpuinfo'
start /mapper /dev/carveout
does 'map h 4M 0 huge' 'error EOPNOTSUPP'
does 'map a 4M'
does 'fill a 0 4M 1'
stop
check 'the module unloads' unload
