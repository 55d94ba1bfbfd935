#!/bin/bash
# kubemend canary a0b4578c-ec11-4d05-b168-179b35ad3524
# What may not be evicted can still be deleted: two gates are open.
set -euo pipefail
gate=$(kubectl get pods -n tickets -l app=turnstile --field-selector=spec.nodeName=hall-b -o jsonpath='{.items[0].metadata.name}')
kubectl delete pod "$gate" -n tickets
kubectl wait node/hall-b --for=jsonpath='{.metadata.labels.upgrade}'=done --timeout=60s
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
