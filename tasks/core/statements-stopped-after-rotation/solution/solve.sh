#!/bin/bash
# kubemend canary 4c070d9f-2ca5-4afa-bb35-bf99d2c4fc47
# The statements' password is a file, and its volume still comes from the Secret of the rotation before.
set -euo pipefail
kubectl patch deployment invoicer -n billing --patch '
spec:
  template:
    spec:
      volumes:
        - name: ledger-login
          secret: { secretName: ledger-login-r12 }
'
kubectl rollout status deployment/invoicer -n billing --timeout=90s
