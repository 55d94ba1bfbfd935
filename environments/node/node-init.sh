# PID 1 of a node: makes the node's own root, then starts and stops programs as it is told through a fifo.
# It is bash because bash reaps orphans. Arguments: the node's folder, its host name, the binaries, the image store,
# and the size it shows: processors and kilobytes of memory.
set -eu
node_dir=$1 name=$2 binaries=$3 images=$4 cpus=$5 memory_kb=$6
root=$node_dir/root

mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mkdir -p usr etc dev proc sys run tmp var/lib var/log var/tmp opt/cni opt/node/bin opt/node/images root mnt old
for dir in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$dir" ]; then ln -sfn "$(readlink "/$dir")" "$dir"
  elif [ -d "/$dir" ]; then mkdir -p "$dir"; mount --rbind "/$dir" "$dir"; mount -o remount,bind,ro "$dir"; fi
done
mount --bind /usr usr; mount -o remount,bind,ro usr
for entry in alternatives ssl ca-certificates; do
  if [ -d "/etc/$entry" ]; then mkdir -p "etc/$entry"; mount --bind "/etc/$entry" "etc/$entry"; mount -o remount,bind,ro "etc/$entry"; fi
done
for file in ld.so.cache nsswitch.conf protocols services os-release; do
  if [ -f "/etc/$file" ]; then cp -L "/etc/$file" "etc/$file"; fi
done
printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n' >etc/passwd
printf 'root:x:0:\nnogroup:x:65534:\n' >etc/group
printf '127.0.0.1 localhost\n' >etc/hosts
: >etc/resolv.conf
echo "$name" >etc/hostname
cp "$node_dir/machine-id" etc/machine-id

mount -t tmpfs -o mode=755,size=64k dev dev
for device in null zero full random urandom tty kmsg fuse; do
  if [ -e "/dev/$device" ]; then : >"dev/$device"; mount --bind "/dev/$device" "dev/$device"; fi
done
mkdir dev/pts dev/shm dev/mqueue dev/net
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=0 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
mount -t mqueue mqueue dev/mqueue 2>/dev/null || true
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
# the node has the size its spec says, whatever machine it is on
mount -t tmpfs -o mode=755 numa sys/devices/system/node
mount -t tmpfs -o mode=755 processors sys/devices/system/cpu
echo "0-$((cpus - 1))" | tee sys/devices/system/cpu/online sys/devices/system/cpu/possible >sys/devices/system/cpu/present
for ((cpu = 0; cpu < cpus; cpu++)); do
  mkdir -p "sys/devices/system/cpu/cpu$cpu/topology"
  echo "$cpu" >"sys/devices/system/cpu/cpu$cpu/topology/core_id"
  echo 0 >"sys/devices/system/cpu/cpu$cpu/topology/physical_package_id"
done
printf 'MemTotal: %d kB\nMemFree: %d kB\nMemAvailable: %d kB\nBuffers: 0 kB\nCached: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n' \
  "$memory_kb" "$memory_kb" "$memory_kb" >"$node_dir/meminfo"
mount --bind "$node_dir/meminfo" proc/meminfo
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
mount --bind "$binaries" opt/node/bin; mount -o remount,bind,ro opt/node/bin
mount --bind "$images" opt/node/images; mount -o remount,bind,ro opt/node/images
ln -sfn ../node/bin/cni opt/cni/bin
mkdir -p run/netns run/node run/lock
exec 3<>"$node_dir/control"
pivot_root . old
cd /
umount -l old
mount --make-rshared /
hostname "$name"

# what the kernel gives each network namespace anew
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
# a refused connection must hear so each time, not once a second
echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
# what goes from node to node crosses a bridge: its packets are judged when they are routed, and not once more before,
# which would send a NodePort's packet back to the node it came from without the bridge passing it on
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables; fi

# new pods take addresses after those that pods of a restored cluster will ask for again
if [ -d /var/lib/kubernetes/kept-addresses ]; then
  mkdir -p /run/cni-ipam/pods
  find /var/lib/kubernetes/kept-addresses -type f -exec sed "" {} + | sort -V | tail -n 1 | tr -d '\n' >/run/cni-ipam/pods/last_reserved_ip.0
fi

export PATH=/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
set +e -f
: >/run/node/ready
while read -r -u 3 verb service rest; do
  case $verb in
    # start NAME COMMAND...: the command line is ours, made of words without spaces
    start) $rest >>"/var/log/$service.log" 2>&1 3<&- & echo $! >"/run/node/$service.pid" ;;
    run) $rest >>"/var/log/$service.log" 2>&1 3<&- ; echo $? >"/run/node/$service.exit" ;;
  esac
done
