#!/bin/bash
# kubemend canary b5468c55-384d-4985-a2f8-0e4b9f906a59
# Role, binding and account are right; the Deployment has forgotten whom it runs as.
set -euo pipefail
kubectl set serviceaccount deployment labels label-service -n depot
kubectl rollout status deployment/labels -n depot --timeout=60s
