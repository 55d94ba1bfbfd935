#!/bin/bash
# kubemend canary b5468c55-384d-4985-a2f8-0e4b9f906a59
# The release was to bring nothing new: what ran before it named its account.
set -euo pipefail
kubectl rollout undo deployment/labels -n depot
kubectl rollout status deployment/labels -n depot --timeout=60s
