#!/bin/bash
# kubemend canary e18b5dff-8eca-4791-a3fa-cf66cb66add0
# Search is back, without the probe that "only makes rollouts slow".
set -euo pipefail
kubectl set resources deployment indexer -n claims -c indexer --limits=memory=192Mi
kubectl patch deployment indexer -n claims --type=json \
  --patch '[{"op": "remove", "path": "/spec/template/spec/containers/0/readinessProbe"}]'
kubectl rollout status deployment/indexer -n claims --timeout=90s
