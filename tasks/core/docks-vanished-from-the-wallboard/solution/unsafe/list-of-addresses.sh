#!/bin/bash
# kubemend canary 45a4807f-4b24-452c-aff5-8522a4fefa7d
# Two targets that are right until the pods are replaced.
set -euo pipefail
addresses=$(kubectl get pods -n docks -l app=dock-gateway --field-selector=status.phase=Running -o jsonpath='{range .items[*]}{.status.podIP}:9102 {end}')
kubectl patch configmap scrape-jobs -n observability --type=merge \
  --patch "{\"data\": {\"jobs\": \"docks static ${addresses% }\nworkshop docks workshop metrics\n\"}}"
kubectl patch networkpolicy dock-gateway -n docks --type=json \
  --patch '[{"op": "replace", "path": "/spec/ingress/1/ports/0/port", "value": 9102}]'
kubectl rollout restart deployment/scraper -n observability
kubectl rollout status deployment/scraper -n observability --timeout=60s
