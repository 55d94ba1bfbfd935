#!/bin/bash
# kubemend canary 4c070d9f-2ca5-4afa-bb35-bf99d2c4fc47
# The same file from the right Secret, by a projected volume.
set -euo pipefail
kubectl patch deployment invoicer -n billing --type=json --patch '[
  {"op": "replace", "path": "/spec/template/spec/volumes/0", "value": {
    "name": "ledger-login",
    "projected": {"sources": [{"secret": {"name": "ledger-login-r12", "items": [{"key": "password", "path": "password"}]}}]}
  }}
]'
kubectl rollout status deployment/invoicer -n billing --timeout=90s
