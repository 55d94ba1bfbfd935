#!/bin/bash
# kubemend canary bf865131-f082-4192-b3eb-b4057ecbcc64
# Last month's definition: the shops open, and their hours are forgotten.
set -euo pipefail
kubectl patch customresourcedefinition shops.kornblume.example --type=json --patch '[
  {"op": "add", "path": "/spec/versions/0/subresources", "value": {"status": {}}},
  {"op": "remove", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/hours"}
]'
kubectl wait shops.kornblume.example harbour -n franchise --for=jsonpath='{.status.phase}'=Open --timeout=60s
