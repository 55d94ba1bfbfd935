#!/bin/bash
# kubemend canary b97375e7-24cf-444d-9b08-c81d68a599fb
# What ran before the release was right.
set -euo pipefail
kubectl rollout undo deployment/quote-engine -n quotes
kubectl rollout status deployment/quote-engine -n quotes --timeout=60s
