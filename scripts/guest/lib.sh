# shellcheck shell=dash
#
# lib.sh - what scenarios use in the guest: each thing looked at becomes a line `ok SCENARIO - …`
# or `not ok SCENARIO - …`, which the host counts as a test case.

# shellcheck disable=SC2034 # for the scenarios
debugfs=/sys/kernel/debug/carveout
# shellcheck disable=SC2154 # $scenario comes from the kernel's command line
ok()     { echo "ok $scenario - $*"; }
not_ok() { echo "not ok $scenario - $*"; }
