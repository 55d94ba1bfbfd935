#!/bin/bash
# kubemend canary d0e1cd07-d370-4566-8d38-0e91410cba5c
# The setting and the end of the pause in one write; the Services by kubectl's own words and a number.
set -euo pipefail
kubectl get deployment fares-v1 -n fares -o json |
  jq 'del(.spec.paused) | (.spec.template.spec.containers[0].env[] | select(.name == "STATUS_FOR_OLD_CLIENTS")).value = "200"' |
  kubectl replace -f -
kubectl set selector service fares -n fares app=fares,version=v1
kubectl patch service fares-v2 -n fares --type=json --patch '[{"op": "replace", "path": "/spec/ports/0/targetPort", "value": 8080}]'
kubectl rollout status deployment/fares-v1 -n fares --timeout=120s
