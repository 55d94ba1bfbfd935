#!/bin/bash
# kubemend canary e1191b47-5cec-42b4-90f7-7b1cbd67242d
# The liveness probe ends the container before it has loaded its table; a startup probe gives it the time.
set -euo pipefail
kubectl patch deployment tracking -n parcels --patch '
spec:
  template:
    spec:
      containers:
        - name: tracking
          startupProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 2
            failureThreshold: 30
'
kubectl rollout status deployment/tracking -n parcels --timeout=120s
