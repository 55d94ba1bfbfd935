#!/bin/bash
# kubemend canary 34304e5b-29c3-4076-ae95-eb454804903d
# Everything that the level asks for, said in the container itself, and a read-only root beside it.
set -euo pipefail
index=$(kubectl get deployment fares -n lifts -o json |
  jq '.spec.template.spec.containers | map(.name) | index("till-metrics")')
kubectl patch deployment fares -n lifts --type=json --patch "[{
  \"op\": \"add\", \"path\": \"/spec/template/spec/containers/${index}/securityContext\",
  \"value\": {
    \"allowPrivilegeEscalation\": false, \"privileged\": false, \"runAsNonRoot\": true, \"readOnlyRootFilesystem\": true,
    \"capabilities\": {\"drop\": [\"ALL\"]}, \"seccompProfile\": {\"type\": \"RuntimeDefault\"}
  }
}]"
kubectl rollout status deployment/fares -n lifts --timeout=60s
