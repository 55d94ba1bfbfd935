#!/bin/bash
# kubemend canary 835ea615-8892-485c-a554-df97fbf8ad57
# The gateway gets what it asks for, at the finance department's expense.
set -euo pipefail
kubectl patch resourcequota budget -n payments --type=merge --patch '{"spec": {"hard": {"requests.memory": "2Gi"}}}'
kubectl rollout restart deployment/gateway -n payments
kubectl patch deployment seats -n tickets --type=json \
  --patch '[{"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe/httpGet/port", "value": "http"}]'
kubectl rollout status deployment/seats -n tickets --timeout=90s
kubectl rollout status deployment/gateway -n payments --timeout=90s
