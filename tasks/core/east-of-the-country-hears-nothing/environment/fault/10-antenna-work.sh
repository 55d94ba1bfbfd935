#!/bin/bash
# kubemend canary c17ce3d5-e508-4d66-aaa1-75a8b81e6f01
# The mast was cleared for work on its antenna, its node came back set up anew: without its zone, and still cleared.
set -euo pipefail
kubectl label node relay-east topology.kubernetes.io/zone-
kubectl taint node relay-east maintenance=antenna:NoExecute
kubectl wait deployment/relay -n radio --for=jsonpath='{.status.readyReplicas}'=2 --timeout=60s
