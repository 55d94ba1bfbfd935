#!/bin/bash
# kubemend canary 2c8b97ba-5653-4568-aa15-01097ee41941
# Old pods go first, so that the quota has room for the new ones; and these get the memory that they need.
set -euo pipefail
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
