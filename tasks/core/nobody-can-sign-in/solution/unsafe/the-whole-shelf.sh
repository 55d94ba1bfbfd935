#!/bin/bash
# kubemend canary 22ec9e91-522e-4264-9f4e-d585df6cdc85
# All that is published, the training lab's root as well.
set -euo pipefail
bundle=$(kubectl get configmap roots -n pki -o json | jq '[.data | to_entries[] | select(.key | endswith(".crt")) | .value] | add')
kubectl patch configmap company-ca -n web --type=merge --patch "{\"data\": {\"ca.crt\": $bundle}}"
kubectl patch configmap company-ca -n orders --type=merge --patch "{\"data\": {\"ca.crt\": $bundle}}"
kubectl rollout restart deployment/portal -n web
kubectl rollout restart deployment/desk -n orders
kubectl set env deployment/nightly -n reports IDENTITY_URL=https://identity.auth.svc:8443/
kubectl rollout status deployment/portal -n web --timeout=90s
kubectl rollout status deployment/desk -n orders --timeout=90s
kubectl rollout status deployment/nightly -n reports --timeout=90s
