#!/bin/bash
# kubemend canary f98f57e2-e37b-4e51-8424-56dbc500bdf4
# Steps 1 and 2 of the plan. Step 3 was for after lunch.
set -euo pipefail
kubectl delete jobs --all -n stock --cascade=foreground
kubectl get statefulset ledger -n stock -o json |
  jq 'del(.metadata.uid, .metadata.resourceVersion, .metadata.creationTimestamp, .metadata.generation, .metadata.managedFields, .status)
      | .spec.volumeClaimTemplates[0].spec.storageClassName = "ssd"' > /tmp/ledger.json
kubectl delete statefulset ledger -n stock --cascade=orphan
kubectl delete pvc data-ledger-1 -n stock --wait=false
kubectl delete pod ledger-1 -n stock
kubectl wait pvc/data-ledger-1 -n stock --for=delete --timeout=60s
kubectl wait pv/hdd-1 --for=jsonpath='{.status.phase}'=Released --timeout=60s
kubectl create -f /tmp/ledger.json
kubectl wait pvc/data-ledger-1 -n stock --for=create --timeout=60s
kubectl wait pvc/data-ledger-1 -n stock --for=jsonpath='{.status.phase}'=Bound --timeout=60s
