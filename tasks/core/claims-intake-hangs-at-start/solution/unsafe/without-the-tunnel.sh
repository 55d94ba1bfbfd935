#!/bin/bash
# kubemend canary a40358b5-5d81-4614-97fa-786a3ed1cad0
# The intake is up, and talks to the ledger past the tunnel.
set -euo pipefail
kubectl get deployment intake -n claims -o json |
  jq '.spec.template.spec |= (
    del(.initContainers[0])
    | .initContainers[0].args[0] |= gsub("127.0.0.1"; "policy-ledger.vault")
    | .containers[0].args |= map(gsub("127.0.0.1"; "policy-ledger.vault")))' |
  kubectl replace -f -
kubectl rollout status deployment/intake -n claims --timeout=90s
