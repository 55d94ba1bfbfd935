#!/bin/bash
# kubemend canary 4c070d9f-2ca5-4afa-bb35-bf99d2c4fc47
# Whatever in the Deployment still names the old Secret names the new one.
set -euo pipefail
kubectl get deployment invoicer -n billing -o json |
  jq '(.spec.template.spec | .. | strings | select(. == "ledger-login-r11")) = "ledger-login-r12"' |
  kubectl replace -f -
kubectl rollout status deployment/invoicer -n billing --timeout=90s
