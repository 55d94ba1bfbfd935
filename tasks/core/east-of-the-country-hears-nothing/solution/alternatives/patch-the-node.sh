#!/bin/bash
# kubemend canary c17ce3d5-e508-4d66-aaa1-75a8b81e6f01
# Both in one patch; the other taint stays.
set -euo pipefail
kubectl get node relay-east -o json |
  jq '{metadata: {labels: {"topology.kubernetes.io/zone": "east"}}, spec: {taints: [.spec.taints[] | select(.key != "maintenance")]}}' > /tmp/patch.json
kubectl patch node relay-east --type=merge --patch-file /tmp/patch.json
kubectl rollout status deployment/relay -n radio --timeout=60s
