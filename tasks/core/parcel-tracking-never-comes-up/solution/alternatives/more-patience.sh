#!/bin/bash
# kubemend canary e1191b47-5cec-42b4-90f7-7b1cbd67242d
# As many failures as a slow start has, and still half a minute for a hang.
set -euo pipefail
kubectl patch deployment tracking -n parcels --patch '
spec:
  template:
    spec:
      containers:
        - name: tracking
          livenessProbe: { failureThreshold: 14 }
'
kubectl rollout status deployment/tracking -n parcels --timeout=120s
