#!/bin/bash
# kubemend canary c17ce3d5-e508-4d66-aaa1-75a8b81e6f01
# The mast is handed back, but its node is still cleared and has lost its zone.
set -euo pipefail
kubectl taint node relay-east maintenance-
kubectl label node relay-east topology.kubernetes.io/zone=east
kubectl rollout status deployment/relay -n radio --timeout=60s
