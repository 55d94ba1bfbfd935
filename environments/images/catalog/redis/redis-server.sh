#!/bin/sh
# The real image's server answers other hosts without a password unless told otherwise; Debian's does not.
# This adds that default where neither an option nor the configuration file says anything about it.
server=/usr/bin/redis-server
case "$0" in
*sentinel) exec "$server" "$@" --sentinel ;;
esac

for word in "$@"; do
  case "$word" in
  --protected-mode | --version | -v | --help | -h | --test-memory | --check-system) exec "$server" "$@" ;;
  esac
done
case "${1:-}" in
'' | -*) ;;
*)
  if [ -r "$1" ] && grep -qi '^[[:space:]]*protected-mode' "$1"; then exec "$server" "$@"; fi
  ;;
esac
[ "${1:-}" = - ] && exec "$server" "$@"
exec "$server" "$@" --protected-mode no
