#!/bin/bash
# kubemend canary a8cec0e8-c97c-48b8-8186-1a8e2ac18f4c
# The drivers run anywhere.
set -euo pipefail
kubectl patch deployment banner-printer -n lab --type=json --patch '[{"op": "remove", "path": "/spec/template/spec/nodeSelector"}]'
kubectl rollout status deployment/banner-printer -n lab --timeout=60s
