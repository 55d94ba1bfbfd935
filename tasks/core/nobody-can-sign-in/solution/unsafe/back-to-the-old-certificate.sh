#!/bin/bash
# kubemend canary 22ec9e91-522e-4264-9f4e-d585df6cdc85
# All three sign in at once, with a key that is on a stolen laptop.
set -euo pipefail
kubectl rollout undo deployment/identity -n auth
kubectl rollout status deployment/identity -n auth --timeout=90s
kubectl wait deployment/portal -n web --for=condition=Available --timeout=60s
kubectl wait deployment/desk -n orders --for=condition=Available --timeout=60s
kubectl wait deployment/nightly -n reports --for=condition=Available --timeout=60s
