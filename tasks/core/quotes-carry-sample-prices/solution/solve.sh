#!/bin/bash
# kubemend canary b97375e7-24cf-444d-9b08-c81d68a599fb
# The release takes the preview's settings.
set -euo pipefail
kubectl patch deployment quote-engine -n quotes --patch '
spec:
  template:
    spec:
      containers:
        - name: engine
          envFrom: [{ configMapRef: { name: quote-engine-live } }]
'
kubectl rollout status deployment/quote-engine -n quotes --timeout=60s
