# shellcheck shell=dash
#
# nocma.sh - a kernel that knows CMA, booted without an area for it.
#
# kernels: 6.12-debug 7.2
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

load_fails 'source=cma' 'No such device' 'cma: there is no CMA area: boot with cma=16M' \
	size=16M source=cma
load_fails 'more than there is, of any source' "$memory" 'more than 12/16 of the memory' size=8G
