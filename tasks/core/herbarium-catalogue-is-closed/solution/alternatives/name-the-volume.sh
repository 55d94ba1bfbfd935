#!/bin/bash
# kubemend canary 534d2759-bcb5-4b76-a290-fd631d0978f8
# The claim made again, with the volume that it is for.
set -euo pipefail
kubectl delete pvc specimens -n herbarium
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: specimens
  namespace: herbarium
  labels: { app: catalogue, team: collections }
spec:
  storageClassName: archive-disk
  accessModes: [ReadWriteOnce]
  volumeName: disk-b4-1
  resources: { requests: { storage: 20Gi } }
YAML
kubectl rollout status deployment/catalogue -n herbarium --timeout=90s
