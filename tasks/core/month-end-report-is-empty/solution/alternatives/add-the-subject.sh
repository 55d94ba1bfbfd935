#!/bin/bash
# kubemend canary 99e5211c-5522-4959-849c-f9bc343a52d4
# The right subject beside the old one, which may do what it could do before.
set -euo pipefail
kubectl set subject rolebinding reporter -n finance --serviceaccount=finance:reporter
kubectl wait deployment/reporter -n finance --for=condition=Available --timeout=60s
