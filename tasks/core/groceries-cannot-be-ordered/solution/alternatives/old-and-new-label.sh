#!/bin/bash
# kubemend canary 4114818f-6b8f-4231-9d9b-422ce4425531
# The policy knows both labels, so that the relabelling can go on; the Service goes back.
set -euo pipefail
kubectl patch networkpolicy basket-store -n basket --type=json \
  --patch '[{"op": "add", "path": "/spec/ingress/0/from/-", "value": {"podSelector": {"matchLabels": {"app": "basket-api"}}}}]'
kubectl set selector service slots -n delivery app=slots
