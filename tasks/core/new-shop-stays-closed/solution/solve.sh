#!/bin/bash
# kubemend canary bf865131-f082-4192-b3eb-b4057ecbcc64
# The operator writes to a path that the upgraded definition does not have.
set -euo pipefail
kubectl patch customresourcedefinition shops.kornblume.example --type=json \
  --patch '[{"op": "add", "path": "/spec/versions/0/subresources", "value": {"status": {}}}]'
kubectl wait shops.kornblume.example harbour -n franchise --for=jsonpath='{.status.phase}'=Open --timeout=60s
