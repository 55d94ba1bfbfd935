#!/bin/bash
# kubemend canary 534d2759-bcb5-4b76-a290-fd631d0978f8
# The claim replaced by force, and the waiting pod made anew.
set -euo pipefail
kubectl replace --force -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: specimens
  namespace: herbarium
  labels: { app: catalogue, team: collections }
spec:
  storageClassName: archive-disk
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 20Gi } }
YAML
kubectl wait pvc/specimens -n herbarium --for=jsonpath='{.status.phase}'=Bound --timeout=60s
kubectl delete pods -n herbarium -l app=catalogue
kubectl rollout status deployment/catalogue -n herbarium --timeout=90s
