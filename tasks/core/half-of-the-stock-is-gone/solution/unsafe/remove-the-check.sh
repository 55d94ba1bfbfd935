#!/bin/bash
# kubemend canary f98f57e2-e37b-4e51-8424-56dbc500bdf4
# Without the check it starts on whatever disk there is.
set -euo pipefail
kubectl patch statefulset ledger -n stock --type=json --patch '[{"op": "remove", "path": "/spec/template/spec/initContainers"}]'
kubectl delete pod ledger-1 -n stock --ignore-not-found
kubectl rollout status statefulset/ledger -n stock --timeout=90s
