#!/usr/bin/env bash
# with the program that the image was built with, on the Python of the image
set -euo pipefail
prepare-kubeconfig
[[ "$(cat /etc/built)" == built ]] || { echo "this is not the image"; exit 1; }
[[ "$(kubectl -n orders get deployments -o name)" == deployment.apps/orders ]] || { echo "unexpected deployments"; exit 1; }
for _ in $(seq 1 10); do
  ready="$(kubectl -n orders get endpointslices -l kubernetes.io/service-name=orders -o json | "$COUNT")"
  [[ "$ready" == 2 ]] && { echo "orders has $ready endpoints"; exit 0; }
  sleep 1
done
echo "orders has $ready endpoints"
exit 1
