#!/bin/bash
# kubemend canary bf865131-f082-4192-b3eb-b4057ecbcc64
# The head office's definition: opening hours are new, and the status is only a field.
set -euo pipefail
kubectl patch customresourcedefinition shops.kornblume.example --type=json --patch '[
  {"op": "replace", "path": "/metadata/labels/maintained-by", "value": "head-office"},
  {"op": "remove", "path": "/spec/versions/0/subresources"},
  {"op": "add", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/hours", "value": {"type": "string"}}
]'
kubectl wait customresourcedefinition shops.kornblume.example --for=condition=Established --timeout=20s
