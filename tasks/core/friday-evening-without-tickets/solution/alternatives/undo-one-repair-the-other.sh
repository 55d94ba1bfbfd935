#!/bin/bash
# kubemend canary 835ea615-8892-485c-a554-df97fbf8ad57
# Seats go back to 3.1, which nobody misses tonight; the gateway keeps its release and gets its old memory.
set -euo pipefail
kubectl rollout undo deployment/seats -n tickets
kubectl get deployment gateway -n payments -o json |
  jq '.spec.template.spec.containers[0].resources |= (.requests.memory = "64Mi" | .limits.memory = "64Mi")' | kubectl replace -f -
kubectl rollout status deployment/seats -n tickets --timeout=90s
kubectl rollout status deployment/gateway -n payments --timeout=90s
