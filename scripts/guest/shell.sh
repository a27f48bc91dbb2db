# shellcheck shell=dash
#
# shell.sh - runs in the guest of make shell: loads the module, prints hints, and starts a shell.

# shellcheck disable=SC2154 # from the kernel's command line
insmod /carveout.ko size="$size"
cd /sys/kernel/debug/carveout/default || cd /
dmesg | sed -n 's/^.*\] \(carveout: default: \)/\1/p'
cat <<'HINTS'

You are in /sys/kernel/debug/carveout/default. Some things to try:
  cat buddyinfo pagemap stats        what it looks like
  echo pages 3 > alloc; cat alloc    allocate a block of 8 pages, show its handle
  echo kmalloc 100 x50 > alloc       allocate 50 objects; see slabinfo
  echo vmalloc 1M > alloc            allocate an area; see vmallocinfo
  cat handles; echo 1-10 > free; echo all > free
  cat validate                       are all invariants kept?
  echo run slab > bench; cat bench   compare with the kernel's allocators
  rmmod carveout; insmod /carveout.ko size=16M name=mine
  poweroff -f                        leave

HINTS
exec sh
