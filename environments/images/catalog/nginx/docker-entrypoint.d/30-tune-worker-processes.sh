#!/bin/sh
# Sets worker_processes to the CPUs that the container may use, when NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE asks for it.
set -e

[ -n "${NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE:-}" ] || exit 0
conf=/etc/nginx/nginx.conf
[ -w "$conf" ] || exit 0

cpus=$(nproc)
if read -r quota period </sys/fs/cgroup/cpu.max 2>/dev/null && [ "$quota" != max ]; then
  limit=$(((quota + period - 1) / period))
elif read -r quota </sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null && [ "$quota" -gt 0 ]; then
  read -r period </sys/fs/cgroup/cpu/cpu.cfs_period_us
  limit=$(((quota + period - 1) / period))
fi
[ -n "${limit:-}" ] && [ "$limit" -lt "$cpus" ] && cpus=$limit
sed -i "s/^worker_processes .*;/worker_processes $cpus;/" "$conf"
