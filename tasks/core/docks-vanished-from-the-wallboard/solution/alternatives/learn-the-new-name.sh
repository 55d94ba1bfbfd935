#!/bin/bash
# kubemend canary 45a4807f-4b24-452c-aff5-8522a4fefa7d
# The release keeps its name for the port; Service and network policy learn it.
set -euo pipefail
kubectl patch service dock-gateway -n docks --patch '{"spec": {"ports": [{"port": 9102, "name": "metrics", "targetPort": "telemetry"}]}}'
kubectl patch networkpolicy dock-gateway -n docks --type=json \
  --patch '[{"op": "replace", "path": "/spec/ingress/1/ports/0/port", "value": "telemetry"}]'
