#!/bin/sh
# Adds an IPv6 listener to the stock default.conf, and only to that one.
set -e

conf=/etc/nginx/conf.d/default.conf
[ -f /proc/net/if_inet6 ] || exit 0
[ -w "$conf" ] || exit 0
cmp -s "$conf" /usr/share/nginx/stock/default.conf || exit 0
sed -i 's/^\( *\)listen \(80\);/&\n\1listen [::]:\2;/' "$conf" 2>/dev/null || true
