#!/bin/bash
# kubemend canary 22ec9e91-522e-4264-9f4e-d585df6cdc85
# The portal gets a bundle beside the old root, as the order desk has one.
set -euo pipefail
bundle=$(kubectl get configmap company-ca -n orders -o json | jq '.data["ca-bundle.crt"]')
kubectl patch configmap company-ca -n web --type=merge --patch "{\"data\": {\"ca-bundle.crt\": $bundle}}"
kubectl set env deployment/portal -n web CA_FILE=/trust/ca-bundle.crt
kubectl set env deployment/desk -n orders CA_FILE=/trust/ca-bundle.crt
kubectl set env deployment/nightly -n reports IDENTITY_URL=https://identity.auth.svc:8443/
kubectl rollout status deployment/portal -n web --timeout=90s
kubectl rollout status deployment/desk -n orders --timeout=90s
kubectl rollout status deployment/nightly -n reports --timeout=90s
