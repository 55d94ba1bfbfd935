#!/bin/bash
# kubemend canary b97375e7-24cf-444d-9b08-c81d68a599fb
# The one name, replaced where it stands.
set -euo pipefail
kubectl patch deployment quote-engine -n quotes --type=json \
  --patch '[{"op": "replace", "path": "/spec/template/spec/containers/0/envFrom/0/configMapRef/name", "value": "quote-engine-live"}]'
kubectl rollout status deployment/quote-engine -n quotes --timeout=60s
