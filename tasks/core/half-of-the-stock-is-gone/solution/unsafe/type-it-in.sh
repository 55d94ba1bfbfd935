#!/bin/bash
# kubemend canary f98f57e2-e37b-4e51-8424-56dbc500bdf4
# What the storefront's log shows is typed in again: one title of three.
set -euo pipefail
kubectl exec -n stock ledger-1 -c right-disk -- sh -c 'echo ledger-1 > /data/HALF'
kubectl rollout status statefulset/ledger -n stock --timeout=90s
kubectl exec -n stock ledger-1 -c redis -- redis-cli SET copies:zappa-hot-rats 31
