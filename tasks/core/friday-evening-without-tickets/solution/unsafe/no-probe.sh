#!/bin/bash
# kubemend canary 835ea615-8892-485c-a554-df97fbf8ad57
# Pods that are never asked are always ready.
set -euo pipefail
kubectl patch deployment seats -n tickets --type=json \
  --patch '[{"op": "remove", "path": "/spec/template/spec/containers/0/readinessProbe"}]'
kubectl set resources deployment gateway -n payments --requests=memory=64Mi --limits=memory=64Mi
kubectl rollout status deployment/seats -n tickets --timeout=90s
kubectl rollout status deployment/gateway -n payments --timeout=90s
