#!/bin/sh
# Starts redis-server as the user redis, as the public image documents: options or a configuration file alone mean
# the server, and any other command is run as it is.
set -e

case "${1:-}" in
-* | *.conf) set -- redis-server "$@" ;;
esac

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  [ "$(pwd)" = /data ] && find . ! -user redis -exec chown redis '{}' + 2>/dev/null || true
  exec setpriv --reuid=redis --regid=redis --init-groups "$0" "$@"
fi

exec "$@"
