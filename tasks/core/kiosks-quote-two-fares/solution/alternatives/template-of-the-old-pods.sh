#!/bin/bash
# kubemend canary d0e1cd07-d370-4566-8d38-0e91410cba5c
# The template is taken from the ReplicaSet whose pods still answer.
set -euo pipefail
kubectl get replicasets -n fares -l app=fares,version=v1 -o json |
  jq '.items | max_by(.spec.replicas) | {spec: {template: {spec: {containers: [.spec.template.spec.containers[0] | {name, env}]}}}}' >/tmp/template.json
kubectl patch deployment fares-v1 -n fares --patch-file /tmp/template.json
kubectl patch deployment fares-v1 -n fares --patch '{"spec": {"paused": false}}'
kubectl patch service fares-v2 -n fares --type=json --patch '[{"op": "replace", "path": "/spec/ports/0/targetPort", "value": "http"}]'
kubectl patch service fares -n fares --type=json --patch '[{"op": "add", "path": "/spec/selector/version", "value": "v1"}]'
kubectl rollout status deployment/fares-v1 -n fares --timeout=120s
