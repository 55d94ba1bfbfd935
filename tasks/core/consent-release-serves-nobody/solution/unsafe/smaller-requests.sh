#!/bin/bash
# kubemend canary 2c8b97ba-5653-4568-aa15-01097ee41941
# Every pod fits, with less than it was measured to need.
set -euo pipefail
kubectl patch deployment collector -n collect --patch '
spec:
  strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }
  template:
    spec:
      containers:
        - name: collector
          resources: { requests: { cpu: 100m, memory: 32Mi }, limits: { memory: 128Mi } }
'
kubectl rollout status deployment/collector -n collect --timeout=180s
