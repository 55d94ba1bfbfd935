#!/bin/bash
# kubemend canary 45a4807f-4b24-452c-aff5-8522a4fefa7d
# Service and network policy know the port by its old name; the container gets it back.
set -euo pipefail
kubectl patch deployment dock-gateway -n docks --patch '
spec:
  template:
    spec:
      containers:
        - name: gateway
          ports:
            - { containerPort: 9102, name: metrics }
'
kubectl rollout status deployment/dock-gateway -n docks --timeout=60s
