#!/bin/bash
# kubemend canary a8cec0e8-c97c-48b8-8186-1a8e2ac18f4c
# The node lost the label that the drivers look for.
set -euo pipefail
wanted=$(kubectl get deployment banner-printer -n lab -o jsonpath='{.spec.template.spec.nodeSelector.printer}')
kubectl label node hall-north "printer=${wanted}" --overwrite
kubectl rollout status deployment/banner-printer -n lab --timeout=60s
