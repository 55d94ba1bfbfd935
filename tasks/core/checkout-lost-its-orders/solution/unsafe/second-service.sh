#!/bin/bash
# kubemend canary 15fefc1a-1c56-40d2-8e77-3ea82f5d4225
# Ordering works through a Service of one's own in front of somebody else's pods.
set -euo pipefail
kubectl expose deployment orders -n shop --name=orders-web --port=80 --target-port=http
kubectl set env deployment/checkout -n shop ORDERS_URL=http://orders-web:80/
kubectl rollout status deployment/checkout -n shop --timeout=60s
