#!/bin/bash
# kubemend canary d0e1cd07-d370-4566-8d38-0e91410cba5c
# Everything is as the plan says, with a v1 that is another object than the one that was there.
set -euo pipefail
kubectl get deployment fares-v1 -n fares -o json |
  jq 'del(.spec.paused, .status, .metadata.uid, .metadata.resourceVersion, .metadata.creationTimestamp, .metadata.generation, .metadata.managedFields, .metadata.annotations)
    | (.spec.template.spec.containers[0].env[] | select(.name == "STATUS_FOR_OLD_CLIENTS")).value = "200"' >/tmp/v1.json
kubectl delete deployment fares-v1 -n fares --wait
kubectl create -f /tmp/v1.json
kubectl patch service fares -n fares --patch '{"spec": {"selector": {"version": "v1"}}}'
kubectl patch service fares-v2 -n fares --type=json --patch '[{"op": "replace", "path": "/spec/ports/0/targetPort", "value": "http"}]'
kubectl rollout status deployment/fares-v1 -n fares --timeout=120s
