#!/bin/bash
# kubemend canary c17ce3d5-e508-4d66-aaa1-75a8b81e6f01
# The zone first, and the waiting relay replaced by hand.
set -euo pipefail
kubectl label node relay-east topology.kubernetes.io/zone=east
kubectl taint node relay-east maintenance=antenna:NoExecute-
kubectl delete pods -n radio -l app=relay --field-selector=status.phase=Pending
kubectl rollout status deployment/relay -n radio --timeout=60s
