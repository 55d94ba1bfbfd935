#!/bin/bash
# kubemend canary f0bd72e4-b256-43f1-97d4-bebc393b9dd5
# The whole object, read, corrected and put back.
set -euo pipefail
kubectl get service skylog-peers -n observatory -o json |
  jq '.spec.publishNotReadyAddresses = true' |
  kubectl replace -f -
kubectl rollout status statefulset/skylog -n observatory --timeout=90s
