#!/bin/bash
# kubemend canary e69096a4-d264-4fa5-87e3-531b7c7eb39a
# The trust first, in the old authority as well, and then the label.
set -euo pipefail
{
  kubectl get configmap gate-ca -n provenance -o jsonpath='{.data.ca\.crt}'
  echo
  kubectl get validatingwebhookconfiguration provenance -o jsonpath='{.webhooks[0].clientConfig.caBundle}' | base64 -d
} > /tmp/authorities.pem
kubectl get validatingwebhookconfiguration provenance -o json |
  jq --arg ca "$(base64 -w 0 /tmp/authorities.pem)" '.webhooks[0].clientConfig.caBundle = $ca' |
  kubectl replace -f -
kubectl patch namespace provenance --type=json --patch '[{"op": "remove", "path": "/metadata/labels/provenance"}]'
kubectl rollout restart deployment/gate -n provenance
kubectl rollout status deployment/gate -n provenance --timeout=60s
kubectl rollout restart deployment/recipes -n ovens
kubectl rollout status deployment/recipes -n ovens --timeout=60s
