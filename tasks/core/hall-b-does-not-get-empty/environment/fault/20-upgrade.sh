#!/bin/bash
# kubemend canary a0b4578c-ec11-4d05-b168-179b35ad3524
# The week's kernel. The first gate leaves its node, its successor is not let in, and the budget keeps the second where it is.
set -euo pipefail
kubectl label node hall-b upgrade=pending --overwrite
kubectl wait node/hall-b --for=jsonpath='{.spec.unschedulable}'=true --timeout=60s
kubectl wait deployment/turnstile -n tickets --for=jsonpath='{.status.readyReplicas}'=3 --timeout=60s
