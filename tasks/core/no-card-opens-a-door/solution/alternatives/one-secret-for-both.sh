#!/bin/bash
# kubemend canary 1043cf07-f2c7-4ae5-b605-dc640fbd22f8
# Balances reads the password where the store reads it.
set -euo pipefail
kubectl patch service members -n membership --type=merge --patch '{"spec": {"selector": {"track": "stable"}}}'
kubectl patch deployment balances -n payments --patch '
spec:
  template:
    spec:
      containers:
        - name: balances
          env:
            - name: STORE_PASSWORD
              valueFrom: { secretKeyRef: { name: store-auth, key: password } }
'
kubectl rollout status deployment/balances -n payments --timeout=60s
