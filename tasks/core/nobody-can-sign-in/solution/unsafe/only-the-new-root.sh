#!/bin/bash
# kubemend canary 22ec9e91-522e-4264-9f4e-d585df6cdc85
# The portal signs in, and loses the archive, whose certificate is of the old root until June.
set -euo pipefail
root=$(kubectl get configmap roots -n pki -o json | jq '.data["root-2026.crt"]')
kubectl patch configmap company-ca -n web --type=merge --patch "{\"data\": {\"ca.crt\": $root}}"
kubectl rollout restart deployment/portal -n web
kubectl set env deployment/desk -n orders CA_FILE=/trust/ca-bundle.crt
kubectl set env deployment/nightly -n reports IDENTITY_URL=https://identity.auth.svc:8443/
kubectl rollout status deployment/portal -n web --timeout=90s
kubectl rollout status deployment/desk -n orders --timeout=90s
kubectl rollout status deployment/nightly -n reports --timeout=90s
