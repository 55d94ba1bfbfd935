#!/bin/bash
# kubemend canary d17e8d30-7ce1-41bc-9d92-59bc6732a858
# Everything is back, and the vault's auditor may write Secrets in the clinic, too.
set -euo pipefail
kubectl create rolebinding secret-sync -n clinic --clusterrole=secret-receiver --group=system:serviceaccounts:vault
kubectl label namespace clinic vault.medora.example/records=true
volume=$(kubectl get persistentvolumeclaim data-records-0 -n clinic -o jsonpath='{.spec.volumeName}')
kubectl patch persistentvolume "$volume" --type=json \
  --patch '[{"op": "remove", "path": "/spec/claimRef/uid"}, {"op": "remove", "path": "/spec/claimRef/resourceVersion"}]'
kubectl rollout status statefulset/records -n clinic --timeout=120s
kubectl rollout status deployment/reception -n clinic --timeout=60s
