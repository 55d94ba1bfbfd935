#!/bin/bash
# kubemend canary 534d2759-bcb5-4b76-a290-fd631d0978f8
# The claim was lost with the namespace's applications and came back from a manifest that asks for another access mode.
# Nobody keeps finished jobs in manifests.
set -euo pipefail
kubectl delete job import-cards -n herbarium --cascade=foreground
kubectl delete pvc specimens -n herbarium --wait=false
kubectl delete pods -n herbarium -l app=catalogue --grace-period=1
kubectl wait pvc/specimens -n herbarium --for=delete --timeout=60s
kubectl wait pv/disk-b4-1 --for=jsonpath='{.status.phase}'=Released --timeout=30s
kubectl patch pv disk-b4-1 --type=json --patch '[{"op": "remove", "path": "/spec/claimRef"}]'
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: specimens
  namespace: herbarium
  labels: { app: catalogue, team: collections }
spec:
  storageClassName: archive-disk
  accessModes: [ReadWriteMany]
  resources: { requests: { storage: 20Gi } }
YAML
