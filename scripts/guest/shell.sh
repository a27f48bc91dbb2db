# shellcheck shell=dash
#
# shell.sh - the guest of make shell: loads the module, prints some hints, and waits for orders.

# shellcheck disable=SC2154 # from the kernel's command line
insmod /carveout.ko size="$size"
cd /sys/kernel/debug/carveout/default || cd /
dmesg | sed -n 's/^.*\] \(carveout: default: \)/\1/p'
cat <<'HINTS'

You are in /sys/kernel/debug/carveout/default. Some things to try:
  cat buddyinfo pagemap stats        what it looks like
  echo pages 3 > alloc; cat alloc    take a block of 8 pages, see its handle
  echo kmalloc 100 x50 > alloc       take 50 objects; slabinfo shows where
  echo vmalloc 1M > alloc            an area; vmallocinfo
  cat handles; echo 1-10 > free; echo all > free
  cat validate                       are all invariants kept?
  cat bench                          timings beside the native allocators
  rmmod carveout; insmod /carveout.ko size=16M name=mine
  poweroff -f                        leave

HINTS
exec sh
