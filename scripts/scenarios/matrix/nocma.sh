# shellcheck shell=dash
#
# nocma.sh - boots a kernel with CONFIG_CMA without a CMA area.
#
# kernels: 6.12-debug 7.2
# shellcheck source=scripts/guest/lib.sh
. /lib.sh

load_fails 'source=cma' 'No such device' 'cma: there is no CMA area: boot with cma=16M' \
	size=16M source=cma
load_fails 'more than RAM, of any source' "$memory" 'exceeds 3/4 of RAM' size=8G
