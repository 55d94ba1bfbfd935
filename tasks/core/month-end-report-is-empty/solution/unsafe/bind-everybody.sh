#!/bin/bash
# kubemend canary 99e5211c-5522-4959-849c-f9bc343a52d4
# Every ServiceAccount of the namespace may read the rates, the reporter among them.
set -euo pipefail
kubectl create rolebinding rates-for-all -n finance --role=rates-reader --group=system:serviceaccounts:finance
kubectl wait deployment/reporter -n finance --for=condition=Available --timeout=60s
