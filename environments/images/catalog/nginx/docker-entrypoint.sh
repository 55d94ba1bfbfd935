#!/bin/sh
# Runs what lies in /docker-entrypoint.d before nginx starts, as the public image documents:
# *.envsh is sourced, executable *.sh is run, both in the order of their names.
set -e

note() {
  [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "$0: $*" >&2
}

case "$1" in
nginx | nginx-debug)
  for part in /docker-entrypoint.d/*; do
    case "$part" in
    *.envsh)
      if [ -x "$part" ]; then note "Sourcing $part"; . "$part"; else note "Ignoring $part, not executable"; fi
      ;;
    *.sh)
      if [ -x "$part" ]; then note "Launching $part"; "$part"; else note "Ignoring $part, not executable"; fi
      ;;
    '/docker-entrypoint.d/*') ;;
    *) note "Ignoring $part" ;;
    esac
  done
  note "Configuration complete; ready for start up"
  ;;
esac

exec "$@"
