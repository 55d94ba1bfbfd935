#!/bin/bash
# The first process of the namespaces that our own dockerd lives in: own-docker-init.sh SCRATCH DOCKERD [ARGUMENT...]
# With its end everything in here ends: the daemon, its containers, their mounts, bridges and rules.
set -eu
scratch=$1
shift

# containerd keeps its sockets in /run/containerd, whatever it is told
mount -t tmpfs -o mode=755 tmpfs /run

# what dockerd and containerd write outside their folders (/etc/docker, /opt/containerd, and /lib/modules, which kind
# mounts and Docker makes where it is missing) goes into the scratch folder and not onto the host
divert() {
  mkdir -p "$scratch/$1/upper" "$scratch/$1/work"
  mount -t overlay -o "lowerdir=$2,upperdir=$scratch/$1/upper,workdir=$scratch/$1/work" overlay "$2"
}
divert etc /etc
divert opt /opt
[ -e /lib/modules ] || divert lib "$(readlink -f /lib)"

ip link set lo up
"$@" &
daemon=$!
trap 'kill -TERM $daemon' TERM INT
# as process 1 this shell also reaps the shims of ended containers
while kill -0 $daemon 2>/dev/null; do wait $daemon || true; done
