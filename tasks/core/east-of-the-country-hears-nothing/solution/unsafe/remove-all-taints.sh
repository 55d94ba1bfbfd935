#!/bin/bash
# kubemend canary c17ce3d5-e508-4d66-aaa1-75a8b81e6f01
# The mast is open for the relay, and for everybody else.
set -euo pipefail
kubectl patch node relay-east --type=json --patch '[{"op": "remove", "path": "/spec/taints"}]'
kubectl label node relay-east topology.kubernetes.io/zone=east
kubectl rollout status deployment/relay -n radio --timeout=60s
