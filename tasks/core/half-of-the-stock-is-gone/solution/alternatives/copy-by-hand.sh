#!/bin/bash
# kubemend canary f98f57e2-e37b-4e51-8424-56dbc500bdf4
# The same copy by a pod of one's own, which is removed afterwards; the claim on the old disk stays for the accounts.
set -euo pipefail
kubectl patch pv hdd-1 --type=json --patch '[{"op": "remove", "path": "/spec/claimRef"}]'
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ledger-1-old-disk, namespace: stock }
spec:
  storageClassName: spinning
  volumeName: hdd-1
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 10Gi } }
YAML
kubectl wait pvc/ledger-1-old-disk -n stock --for=jsonpath='{.status.phase}'=Bound --timeout=60s
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: Pod
metadata: { name: copy-ledger-1, namespace: stock }
spec:
  restartPolicy: Never
  containers:
    - name: copy
      image: busybox:1.37
      command: [sh, -ec]
      args:
        - |
          cd /old
          for file in *; do
            [ "$file" = HALF ] || cp -a "$file" /new/
          done
          sync
          cp -a HALF /new/
      volumeMounts:
        - { name: old, mountPath: /old, readOnly: true }
        - { name: new, mountPath: /new }
  volumes:
    - name: old
      persistentVolumeClaim: { claimName: ledger-1-old-disk }
    - name: new
      persistentVolumeClaim: { claimName: data-ledger-1 }
YAML
kubectl wait pod/copy-ledger-1 -n stock --for=jsonpath='{.status.phase}'=Succeeded --timeout=90s
kubectl delete pod copy-ledger-1 -n stock
kubectl rollout status statefulset/ledger -n stock --timeout=90s
