#!/bin/bash
# kubemend canary 835ea615-8892-485c-a554-df97fbf8ad57
# What is in the buyers' way: a probe at a closed door, and a zero too many. The banners are not.
set -euo pipefail
kubectl patch deployment seats -n tickets --patch '
spec:
  template:
    spec:
      containers:
        - name: seats
          readinessProbe: { httpGet: { path: /readyz, port: http } }
'
kubectl set resources deployment gateway -n payments --requests=memory=64Mi --limits=memory=64Mi
kubectl rollout status deployment/seats -n tickets --timeout=90s
kubectl rollout status deployment/gateway -n payments --timeout=90s
