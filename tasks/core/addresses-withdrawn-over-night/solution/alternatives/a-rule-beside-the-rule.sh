#!/bin/bash
# kubemend canary ea5f8d0b-88da-4d70-a9fe-79ce22866270
# A second rule in the Role, and the short name of a neighbour in the same namespace.
set -euo pipefail
kubectl patch role lease-controller -n address-system --type=json --patch '[{"op": "add", "path": "/rules/-",
  "value": {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["address-book"], "verbs": ["patch"]}}]'
kubectl patch configmap meter-settings -n metering --type=merge --patch '{"data": {"ledger": "http://ledger:8080/"}}'
