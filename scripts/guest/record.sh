# shellcheck shell=dash
#
# record.sh - brings two carveouts into a state with something of everything, and prints their debugfs
# files as a compressed archive. For scripts/record-debugfs.
#
# program: mapper
# shellcheck source=scripts/guest/lib.sh
. /lib.sh
set -e

insmod /carveout.ko 'carveouts=default:64M;video:16M' slab_debug=U,frames
echo 'run kmalloc_pair 20 sizes=64 engine=um' >$debug/video/bench
echo 'seed=1 steps=2000' >$debug/video/fuzz
echo 'pages 0 x37' >$debug/video/alloc

while read -r line; do
	echo "$line" >$carve/alloc
done <<-LINES
	cache_create frames 1500
	cache_alloc frames x120
	pages 9
	pages 3 x20
	pages 0 GFP_ATOMIC x200
	kmalloc 100 x300
	kmalloc 1500 x100
	kmalloc 64K x3
	vmalloc 1M x5
	vzalloc 300K
LINES
# Make holes
for handle in $(seq 123 2 340); do
	echo "$handle" >$carve/free
done
echo 'run page_pair 20 sizes=0,4,9 engine=um' >$carve/bench
start /mapper /dev/carveout
tell 'map a 8M'
tell 'fill a 1M 3M 7'

cp -r $debug /tmp/carveout
echo 'begin archive'
tar -c -C /tmp carveout | gzip -9 | base64
echo 'end archive'

stop || true
for name in default video; do
	echo all >$debug/$name/free
done
echo 'cache frames' >$carve/free
rmmod carveout
