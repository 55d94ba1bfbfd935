#!/bin/bash
# kubemend canary f98f57e2-e37b-4e51-8424-56dbc500bdf4
# Back to the old disk. Meanwhile the StatefulSet must not make the claim itself.
set -euo pipefail
kubectl scale statefulset ledger -n stock --replicas=1
kubectl wait pod/ledger-1 -n stock --for=delete --timeout=60s
kubectl delete pvc data-ledger-1 -n stock
kubectl patch pv hdd-1 --type=json --patch '[{"op": "remove", "path": "/spec/claimRef"}]'
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data-ledger-1, namespace: stock, labels: { app: ledger } }
spec:
  storageClassName: spinning
  volumeName: hdd-1
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 10Gi } }
YAML
kubectl wait pvc/data-ledger-1 -n stock --for=jsonpath='{.status.phase}'=Bound --timeout=60s
kubectl scale statefulset ledger -n stock --replicas=2
kubectl rollout status statefulset/ledger -n stock --timeout=90s
