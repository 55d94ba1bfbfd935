#!/bin/bash
# kubemend canary 2c8b97ba-5653-4568-aa15-01097ee41941
# Somebody else's guarantee makes the room.
set -euo pipefail
kubectl set resources deployment/enricher -n collect -c enricher --requests=cpu=25m,memory=16Mi
kubectl rollout status deployment/enricher -n collect --timeout=60s
kubectl patch deployment collector -n collect --patch '
spec:
  strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }
  template:
    spec:
      containers:
        - name: collector
          resources: { limits: { memory: 128Mi } }
'
kubectl rollout status deployment/collector -n collect --timeout=180s
