#!/bin/bash
# kubemend canary a40358b5-5d81-4614-97fa-786a3ed1cad0
# Without its restart policy the tunnel is an init container that never ends, and the pod waits for that.
set -euo pipefail
kubectl patch deployment intake -n claims --patch '
spec:
  template:
    spec:
      initContainers:
        - name: ledger-tunnel
          restartPolicy: Always
'
kubectl rollout status deployment/intake -n claims --timeout=90s
