#!/bin/sh
# Options alone mean haproxy, which is then run with a master process in the foreground (so that SIGUSR2 reloads it).
set -e

case "${1:-}" in
-*) set -- haproxy "$@" ;;
esac
if [ "$1" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"
