#!/bin/bash
# kubemend canary a0b4578c-ec11-4d05-b168-179b35ad3524
# The gate that should replace the evicted one is not let in; when it complies, the budget lets the next one go.
set -euo pipefail
kubectl patch deployment turnstile -n tickets --patch '
spec:
  template:
    spec:
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: turnstile
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
'
kubectl rollout status deployment/turnstile -n tickets --timeout=90s
kubectl wait node/hall-b --for=jsonpath='{.metadata.labels.upgrade}'=done --timeout=90s
kubectl rollout status deployment/turnstile -n tickets --timeout=60s
