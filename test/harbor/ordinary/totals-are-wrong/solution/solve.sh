#!/bin/bash
set -eu
[ "$HASTE" = none ] && [ "$SHOP" = corner ]
sed -i 's/sum\[\$1\] += \$3/sum[$1] += $2 * $3/' /app/totals.sh
cd /app/prices
setsid python3 -m http.server 8080 >/dev/null 2>&1 </dev/null &
for _ in $(seq 50); do (exec 3<>/dev/tcp/localhost/8080) 2>/dev/null && exit 0; sleep 0.2; done
exit 1
