#!/bin/bash
# kubemend canary a0b4578c-ec11-4d05-b168-179b35ad3524
# What complies already is taken as a pattern.
set -euo pipefail
pattern=$(kubectl get deployment audio-guide -n tickets -o json |
  jq '.spec.template.spec | {spec: {template: {spec: {securityContext, containers: [{name: "turnstile", securityContext: .containers[0].securityContext}]}}}}')
kubectl patch deployment turnstile -n tickets --type=strategic --patch "$pattern"
kubectl wait node/hall-b --for=jsonpath='{.metadata.labels.upgrade}'=done --timeout=90s
kubectl rollout status deployment/turnstile -n tickets --timeout=60s
