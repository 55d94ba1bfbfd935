#!/bin/bash
# kubemend canary f0bd72e4-b256-43f1-97d4-bebc393b9dd5
# Up at once; ready means that a port is open.
set -euo pipefail
kubectl patch statefulset skylog -n observatory --type=json \
  --patch '[{"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe", "value": {"tcpSocket": {"port": "http"}, "periodSeconds": 2}}]'
kubectl rollout status statefulset/skylog -n observatory --timeout=120s
