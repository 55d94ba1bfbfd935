#!/bin/bash
# kubemend canary e1191b47-5cec-42b4-90f7-7b1cbd67242d
# It comes up, and the next hang lasts until somebody calls.
set -euo pipefail
kubectl patch deployment tracking -n parcels --type=json \
  --patch '[{"op": "remove", "path": "/spec/template/spec/containers/0/livenessProbe"}]'
kubectl rollout status deployment/tracking -n parcels --timeout=120s
