#!/bin/bash
# kubemend canary bf865131-f082-4192-b3eb-b4057ecbcc64
# The whole definition, replaced without being removed.
set -euo pipefail
kubectl get customresourcedefinition shops.kornblume.example -o json |
  jq '.spec.versions |= map(.subresources = {status: {}})' |
  kubectl replace -f -
kubectl wait shops.kornblume.example harbour -n franchise --for=jsonpath='{.status.phase}'=Open --timeout=60s
