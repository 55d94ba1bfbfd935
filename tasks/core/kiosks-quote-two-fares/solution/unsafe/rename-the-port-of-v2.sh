#!/bin/bash
# kubemend canary d0e1cd07-d370-4566-8d38-0e91410cba5c
# The pods of v2 get the port name that January has for them.
set -euo pipefail
kubectl patch deployment fares-v2 -n fares --type=json --patch '[
  {"op": "replace", "path": "/spec/template/spec/containers/0/ports/0/name", "value": "fares"},
  {"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe/httpGet/port", "value": "fares"}
]'
kubectl patch service fares -n fares --patch '{"spec": {"selector": {"version": "v1"}}}'
kubectl set env deployment/fares-v1 -n fares STATUS_FOR_OLD_CLIENTS=200
kubectl rollout resume deployment/fares-v1 -n fares
kubectl rollout status deployment/fares-v1 -n fares --timeout=120s
kubectl rollout status deployment/fares-v2 -n fares --timeout=120s
