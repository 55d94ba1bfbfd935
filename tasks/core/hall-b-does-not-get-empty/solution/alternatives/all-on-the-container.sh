#!/bin/bash
# kubemend canary a0b4578c-ec11-4d05-b168-179b35ad3524
# Everything on the container, with the user by its number.
set -euo pipefail
kubectl get deployment turnstile -n tickets -o json |
  jq '.spec.template.spec.containers[0].securityContext = {runAsNonRoot: true, runAsUser: 65532, allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true, capabilities: {drop: ["ALL"]}, seccompProfile: {type: "RuntimeDefault"}}' |
  kubectl replace -f -
kubectl rollout status deployment/turnstile -n tickets --timeout=90s
kubectl wait node/hall-b --for=jsonpath='{.metadata.labels.upgrade}'=done --timeout=90s
kubectl rollout status deployment/turnstile -n tickets --timeout=60s
