#!/bin/bash
# kubemend canary 34304e5b-29c3-4076-ae95-eb454804903d
# The counter lives by the same rules as everything in this namespace.
set -euo pipefail
kubectl patch deployment fares -n lifts --patch '
spec:
  template:
    spec:
      containers:
        - name: till-metrics
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: { drop: [ALL] }
'
kubectl rollout status deployment/fares -n lifts --timeout=60s
