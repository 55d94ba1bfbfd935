#!/bin/bash
# kubemend canary d5cda6e5-4563-4f29-8b55-a090eacc8491
# A limit is a request as well, where there is no other.
set -euo pipefail
kubectl patch deployment box-office -n sales --patch '
spec:
  template:
    spec:
      containers:
        - name: journal
          resources: { limits: { cpu: 20m } }
'
kubectl rollout status deployment/box-office -n sales --timeout=90s
kubectl wait hpa/box-office -n sales --for=condition=ScalingActive --timeout=90s
