#!/usr/bin/env bash
# check_orders.sh REPLICAS
set -euo pipefail
prepare-kubeconfig
[[ "$(kubectl -n orders get deployments -o name)" == deployment.apps/orders ]] || { echo "unexpected deployments"; exit 1; }
for _ in $(seq 1 10); do
  addresses="$(kubectl -n orders get endpoints orders -o jsonpath='{.subsets[*].addresses[*].ip}')"
  [[ "$(wc -w <<<"$addresses")" == "$1" ]] && { echo "orders has endpoints: $addresses"; exit 0; }
  sleep 1
done
echo "orders has endpoints: $addresses"
exit 1
