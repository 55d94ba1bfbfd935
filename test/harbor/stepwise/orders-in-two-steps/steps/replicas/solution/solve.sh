#!/usr/bin/env bash
set -euo pipefail
prepare-kubeconfig
[[ "$(cat /app/before.txt)" == orders ]]
kubectl -n orders patch deployment orders --patch "{\"spec\":{\"replicas\":$(cat /app/wanted.txt)}}"
kubectl -n orders rollout status deployment/orders --timeout=60s
