#!/bin/bash
# kubemend canary 534d2759-bcb5-4b76-a290-fd631d0978f8
# The catalogue opens, and the backup at night finds nothing.
set -euo pipefail
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: specimens-rwo
  namespace: herbarium
  labels: { app: catalogue, team: collections }
spec:
  storageClassName: archive-disk
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 20Gi } }
YAML
kubectl patch deployment catalogue -n herbarium --patch '
spec:
  template:
    spec:
      volumes:
        - name: specimens
          persistentVolumeClaim: { claimName: specimens-rwo }
'
kubectl rollout status deployment/catalogue -n herbarium --timeout=90s
