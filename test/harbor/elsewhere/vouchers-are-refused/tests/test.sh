#!/bin/bash
# on a machine that has what was collected: no cluster, and nothing else of the agent's
reward=1
[ "$PWD" = /judge ] && [ "$WANTED" = yes ] || exit 1
for place in /kube /seed /solution /app/report/vouchers.draft; do [ -e "$place" ] && { echo "$place is here"; exit 1; }; done
timeout 3 bash -c 'exec 3<>/dev/tcp/k3s/6443' && { echo "the cluster answers"; exit 1; }
cmp /tests/vouchers.txt /app/report/vouchers.txt || reward=0
said=$(jq -r '.items[] | select(.metadata.name == "checkout").data.vouchers' /var/evidence/settings.json)
[ "$said" = "$WANTED" ] || { echo "vouchers: $said"; reward=0; }
echo "$reward" >/logs/verifier/reward.txt
