#!/bin/bash
# kubemend canary 15fefc1a-1c56-40d2-8e77-3ea82f5d4225
# The setting names a port that the Service does not have.
set -euo pipefail
port=$(kubectl get service orders -n shop -o jsonpath='{.spec.ports[0].port}')
kubectl set env deployment/checkout -n shop "ORDERS_URL=http://orders:${port}/"
kubectl rollout status deployment/checkout -n shop --timeout=60s
