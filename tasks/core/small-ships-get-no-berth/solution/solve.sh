#!/bin/bash
# kubemend canary f443b7ef-8665-4ca5-973c-47ccd15dcab6
# ConfigMaps hold texts, and texts are compared letter by letter.
set -euo pipefail
kubectl patch validatingadmissionpolicy berth-guard --type=json --patch '[
  {"op": "replace", "path": "/spec/validations/0/expression", "value": "double(object.data.draught) <= double(params.data.draught)"},
  {"op": "replace", "path": "/spec/validations/1/expression", "value": "double(object.data.length) <= double(params.data.length)"}
]'
