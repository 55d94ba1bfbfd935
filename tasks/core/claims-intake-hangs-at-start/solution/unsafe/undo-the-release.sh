#!/bin/bash
# kubemend canary a40358b5-5d81-4614-97fa-786a3ed1cad0
# The intake is up, with the form of yesterday.
set -euo pipefail
kubectl rollout undo deployment/intake -n claims
kubectl rollout status deployment/intake -n claims --timeout=90s
