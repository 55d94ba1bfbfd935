#!/bin/bash
# kubemend canary 15fefc1a-1c56-40d2-8e77-3ea82f5d4225
# What ran before the release was right.
set -euo pipefail
kubectl rollout undo deployment/checkout -n shop
kubectl rollout status deployment/checkout -n shop --timeout=60s
