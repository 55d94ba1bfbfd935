#!/bin/bash
# kubemend canary 22ec9e91-522e-4264-9f4e-d585df6cdc85
# The same two roots under the same name in every namespace.
set -euo pipefail
bundle=$(kubectl get configmap roots -n pki -o json | jq '.data["root-2026.crt"] + .data["root-2023.crt"]')
for namespace in web orders; do
  kubectl patch configmap company-ca -n "$namespace" --type=merge --patch "{\"data\": {\"ca.crt\": $bundle}}"
done
kubectl rollout restart deployment/portal -n web
kubectl rollout restart deployment/desk -n orders
kubectl set env deployment/nightly -n reports IDENTITY_URL=https://identity.auth.svc.cluster.local:8443/
kubectl rollout status deployment/portal -n web --timeout=90s
kubectl rollout status deployment/desk -n orders --timeout=90s
kubectl rollout status deployment/nightly -n reports --timeout=90s
