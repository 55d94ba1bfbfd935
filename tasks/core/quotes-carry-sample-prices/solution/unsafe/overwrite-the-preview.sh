#!/bin/bash
# kubemend canary b97375e7-24cf-444d-9b08-c81d68a599fb
# The site is happy, and trainees sell real contracts.
set -euo pipefail
kubectl get configmap quote-engine-live -n quotes -o json |
  jq '{data}' >/tmp/live.json
kubectl patch configmap quote-engine-preview -n quotes --type=merge --patch-file /tmp/live.json
kubectl rollout restart deployment/quote-engine -n quotes
kubectl rollout status deployment/quote-engine -n quotes --timeout=60s
