#!/bin/bash
# kubemend canary 1cb6c914-856c-4f2b-bd23-02256f145e8d
# Without rules nothing is refused.
set -euo pipefail
kubectl delete networkpolicy --all -n treasury
