#!/bin/bash
# kubemend canary e18b5dff-8eca-4791-a3fa-cf66cb66add0
# It fits into the new default, with a part of the cases.
set -euo pipefail
kubectl patch deployment indexer -n claims --type=json \
  --patch '[{"op": "replace", "path": "/spec/template/spec/containers/0/args/1", "value": "--allocate-mb=20"}]'
kubectl rollout status deployment/indexer -n claims --timeout=90s
