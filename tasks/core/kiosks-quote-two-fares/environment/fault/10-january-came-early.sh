#!/bin/bash
# kubemend canary d0e1cd07-d370-4566-8d38-0e91410cba5c
# Step 4: v1 is told to answer 410. The rollout is stopped when its first pod is there, as the phones ring.
set -euo pipefail
kubectl set env deployment/fares-v1 -n fares STATUS_FOR_OLD_CLIENTS=410
kubectl wait deployment/fares-v1 -n fares --for=jsonpath='{.status.updatedReplicas}'=1 --timeout=60s
kubectl rollout pause deployment/fares-v1 -n fares
kubectl wait deployment/fares-v1 -n fares --for=jsonpath='{.status.readyReplicas}'=3 --timeout=60s
# Step 5, the half of it: the Services, and not the pods.
kubectl patch service fares -n fares --type=json --patch '[{"op": "remove", "path": "/spec/selector/version"}]'
kubectl patch service fares-v2 -n fares --type=json --patch '[{"op": "replace", "path": "/spec/ports/0/targetPort", "value": "fares"}]'
