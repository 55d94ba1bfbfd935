#!/bin/bash
# kubemend canary 45a4807f-4b24-452c-aff5-8522a4fefa7d
# Green, and readable from everywhere.
set -euo pipefail
kubectl patch service dock-gateway -n docks --patch '{"spec": {"ports": [{"port": 9102, "name": "metrics", "targetPort": 9102}]}}'
kubectl delete networkpolicy dock-gateway -n docks
