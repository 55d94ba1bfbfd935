#!/bin/bash
# kubemend canary e18b5dff-8eca-4791-a3fa-cf66cb66add0
# A limit is also a request where there is none.
set -euo pipefail
kubectl patch deployment indexer -n claims --patch '
spec:
  template:
    spec:
      containers:
        - name: indexer
          resources: { limits: { memory: 160Mi } }
'
kubectl rollout status deployment/indexer -n claims --timeout=90s
