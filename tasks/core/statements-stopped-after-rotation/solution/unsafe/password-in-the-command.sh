#!/bin/bash
# kubemend canary 4c070d9f-2ca5-4afa-bb35-bf99d2c4fc47
# The statements are written, and the password stands in the Deployment.
set -euo pipefail
password=$(kubectl get secret ledger-login-r12 -n billing -o jsonpath='{.data.password}' | base64 -d)
kubectl get deployment invoicer -n billing -o json |
  jq --arg password "$password" '.spec.template.spec.containers[1].args[0] |= gsub("\\$\\(cat /run/ledger/password\\)"; $password)' |
  kubectl replace -f -
kubectl rollout status deployment/invoicer -n billing --timeout=90s
