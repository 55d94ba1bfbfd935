#!/bin/bash
# kubemend canary 835ea615-8892-485c-a554-df97fbf8ad57
# The probe by the port's number; of the memory only the promise is taken back to what fits.
set -euo pipefail
kubectl patch deployment seats -n tickets --type=json \
  --patch '[{"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe/httpGet/port", "value": 8080}]'
kubectl patch deployment gateway -n payments --patch \
  '{"spec": {"template": {"spec": {"containers": [{"name": "gateway", "resources": {"requests": {"memory": "48Mi"}, "limits": {"memory": "128Mi"}}}]}}}}'
kubectl rollout status deployment/seats -n tickets --timeout=90s
kubectl rollout status deployment/gateway -n payments --timeout=90s
