#!/bin/bash
# kubemend canary d17e8d30-7ce1-41bc-9d92-59bc6732a858
# The records start and the reception gets in, each with a password that the pharmacy does not know.
set -euo pipefail
volume=$(kubectl get persistentvolumeclaim data-records-0 -n clinic -o jsonpath='{.spec.volumeName}')
kubectl patch persistentvolume "$volume" --type=json \
  --patch '[{"op": "remove", "path": "/spec/claimRef/uid"}, {"op": "remove", "path": "/spec/claimRef/resourceVersion"}]'
kubectl create secret generic records-login -n clinic --from-literal=password=Morgenrot-12-schief
kubectl rollout status statefulset/records -n clinic --timeout=120s
kubectl rollout status deployment/reception -n clinic --timeout=60s
