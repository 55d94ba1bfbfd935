#!/bin/bash
# kubemend canary ea5f8d0b-88da-4d70-a9fe-79ce22866270
# Both who promised something by a finalizer can keep their promise again.
set -euo pipefail
kubectl patch role lease-controller -n address-system --type=json \
  --patch '[{"op": "replace", "path": "/rules/0/verbs", "value": ["get", "patch"]}]'
kubectl patch configmap meter-settings -n metering --type=merge --patch '{"data": {"ledger": "http://ledger.metering:8080/"}}'
kubectl wait customresourcedefinition/leases.net.basalt.example --for=delete --timeout=90s
kubectl wait customresourcedefinition/leases.net.basalt.example --for=create --timeout=30s
kubectl wait customresourcedefinition/leases.net.basalt.example --for=condition=Established --timeout=30s
kubectl wait leases.net.basalt.example/edge-4 -n edge --for=create --timeout=30s
kubectl wait leases.net.basalt.example/edge-4 -n edge --for=jsonpath='{.status.address}' --timeout=30s
