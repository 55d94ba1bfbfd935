#!/bin/bash
# kubemend canary b5468c55-384d-4985-a2f8-0e4b9f906a59
# An account that can read the routes, and change them.
set -euo pipefail
kubectl set serviceaccount deployment labels planner -n depot
kubectl rollout status deployment/labels -n depot --timeout=60s
