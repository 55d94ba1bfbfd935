#!/bin/bash
# kubemend canary d17e8d30-7ce1-41bc-9d92-59bc6732a858
# The namespace's label, the permission of those who hand out passwords, and the disk that waits for a claim that is gone.
set -euo pipefail
kubectl create rolebinding secret-sync -n clinic --clusterrole=secret-receiver --serviceaccount=vault:secret-sync
kubectl label namespace clinic team=medora vault.medora.example/records=true pod-security.kubernetes.io/enforce=baseline
volume=$(kubectl get persistentvolumeclaim data-records-0 -n clinic -o jsonpath='{.spec.volumeName}')
kubectl patch persistentvolume "$volume" --type=json \
  --patch '[{"op": "remove", "path": "/spec/claimRef/uid"}, {"op": "remove", "path": "/spec/claimRef/resourceVersion"}]'
kubectl wait persistentvolumeclaim data-records-0 -n clinic --for=jsonpath='{.status.phase}'=Bound --timeout=60s
kubectl rollout status statefulset/records -n clinic --timeout=120s
kubectl rollout status deployment/reception -n clinic --timeout=60s
