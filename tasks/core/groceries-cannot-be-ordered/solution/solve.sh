#!/bin/bash
# kubemend canary 4114818f-6b8f-4231-9d9b-422ce4425531
# Policy and Service select by a label that no pod has yet: back to the one that they all have.
set -euo pipefail
kubectl patch networkpolicy basket-store -n basket --type=json \
  --patch '[{"op": "replace", "path": "/spec/ingress/0/from/0/podSelector/matchLabels", "value": {"app": "basket-api"}}]'
kubectl patch service slots -n delivery --type=json \
  --patch '[{"op": "replace", "path": "/spec/selector", "value": {"app": "slots"}}]'
