#!/bin/bash
# kubemend canary 15fefc1a-1c56-40d2-8e77-3ea82f5d4225
# Ordering works until somebody recreates the Service.
set -euo pipefail
address=$(kubectl get service orders -n shop -o jsonpath='{.spec.clusterIP}')
kubectl set env deployment/checkout -n shop "ORDERS_URL=http://${address}:8080/"
kubectl rollout status deployment/checkout -n shop --timeout=60s
