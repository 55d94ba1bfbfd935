#!/bin/bash
# kubemend canary 15fefc1a-1c56-40d2-8e77-3ea82f5d4225
# The same setting, as a patch and with the Service's full name.
set -euo pipefail
kubectl patch deployment checkout -n shop --patch '
spec:
  template:
    spec:
      containers:
        - name: checkout
          env:
            - name: ORDERS_URL
              value: http://orders.shop.svc.cluster.local:8080/
'
kubectl rollout status deployment/checkout -n shop --timeout=60s
