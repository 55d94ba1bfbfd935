#!/bin/bash
# kubemend canary 534d2759-bcb5-4b76-a290-fd631d0978f8
# The claim binds to a disk that pretends to be another.
set -euo pipefail
kubectl patch pv disk-b4-1 --type=json --patch '[{"op": "add", "path": "/spec/accessModes/-", "value": "ReadWriteMany"}]'
kubectl rollout status deployment/catalogue -n herbarium --timeout=90s
