#!/bin/bash
# kubemend canary f98f57e2-e37b-4e51-8424-56dbc500bdf4
# The second half starts on the new disk, and knows no title.
set -euo pipefail
kubectl exec -n stock ledger-1 -c right-disk -- sh -c 'echo ledger-1 > /data/HALF'
kubectl rollout status statefulset/ledger -n stock --timeout=90s
