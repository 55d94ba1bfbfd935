#!/bin/bash
# kubemend canary e69096a4-d264-4fa5-87e3-531b7c7eb39a
# The gate must not guard itself, and the webhook must trust the authority that signed its certificate.
set -euo pipefail
kubectl label namespace provenance provenance-
kubectl rollout restart deployment/gate -n provenance
kubectl rollout status deployment/gate -n provenance --timeout=60s
ca=$(kubectl get configmap gate-ca -n provenance -o jsonpath='{.data.ca\.crt}' | base64 -w 0)
kubectl patch validatingwebhookconfiguration provenance --type=json \
  --patch "[{\"op\": \"replace\", \"path\": \"/webhooks/0/clientConfig/caBundle\", \"value\": \"${ca}\"}]"
kubectl rollout restart deployment/recipes -n ovens
kubectl rollout status deployment/recipes -n ovens --timeout=60s
