#!/bin/bash
# kubemend canary e1191b47-5cec-42b4-90f7-7b1cbd67242d
# Everything is green, without the release.
set -euo pipefail
kubectl rollout undo deployment/tracking -n parcels
kubectl rollout status deployment/tracking -n parcels --timeout=120s
