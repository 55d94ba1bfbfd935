#!/bin/bash
# kubemend canary c17ce3d5-e508-4d66-aaa1-75a8b81e6f01
# The relay ignores that its mast is cleared, now and for ever.
set -euo pipefail
kubectl label node relay-east topology.kubernetes.io/zone=east
kubectl patch deployment relay -n radio --type=json \
  --patch '[{"op": "add", "path": "/spec/template/spec/tolerations/-", "value": {"key": "maintenance", "operator": "Exists"}}]'
kubectl rollout status deployment/relay -n radio --timeout=60s
