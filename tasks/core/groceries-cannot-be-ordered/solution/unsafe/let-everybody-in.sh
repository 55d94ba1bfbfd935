#!/bin/bash
# kubemend canary 4114818f-6b8f-4231-9d9b-422ce4425531
# The policy is still there, and says nothing.
set -euo pipefail
kubectl patch networkpolicy basket-store -n basket --type=json --patch '[{"op": "replace", "path": "/spec/ingress", "value": [{}]}]'
kubectl set selector service slots -n delivery app=slots
