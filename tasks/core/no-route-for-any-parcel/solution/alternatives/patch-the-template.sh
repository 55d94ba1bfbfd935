#!/bin/bash
# kubemend canary b5468c55-384d-4985-a2f8-0e4b9f906a59
# The same by a merge patch.
set -euo pipefail
kubectl patch deployment labels -n depot --type=merge \
  --patch '{"spec": {"template": {"spec": {"serviceAccountName": "label-service"}}}}'
kubectl rollout status deployment/labels -n depot --timeout=60s
