#!/bin/bash
# kubemend canary 99e5211c-5522-4959-849c-f9bc343a52d4
# The binding's subject is the ServiceAccount of the old namespace.
set -euo pipefail
kubectl patch rolebinding reporter -n finance --type=json \
  --patch '[{"op": "replace", "path": "/subjects/0/namespace", "value": "finance"}]'
kubectl wait deployment/reporter -n finance --for=condition=Available --timeout=60s
