#!/bin/bash
# kubemend canary 15fefc1a-1c56-40d2-8e77-3ea82f5d4225
# Ordering works, on a Service that is not the order team's any more.
set -euo pipefail
kubectl patch service orders -n shop --type=json \
  --patch '[{"op": "add", "path": "/spec/ports/-", "value": {"name": "web", "port": 80, "targetPort": "http"}}]'
