#!/bin/bash
# kubemend canary e1191b47-5cec-42b4-90f7-7b1cbd67242d
# The first look at the process comes when its start is over.
set -euo pipefail
kubectl patch deployment tracking -n parcels --type=json \
  --patch '[{"op": "replace", "path": "/spec/template/spec/containers/0/livenessProbe/initialDelaySeconds", "value": 25}]'
kubectl rollout status deployment/tracking -n parcels --timeout=120s
