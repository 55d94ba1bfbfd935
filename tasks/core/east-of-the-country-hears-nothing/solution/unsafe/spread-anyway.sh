#!/bin/bash
# kubemend canary c17ce3d5-e508-4d66-aaa1-75a8b81e6f01
# Three relays on two masts.
set -euo pipefail
kubectl patch deployment relay -n radio --type=json --patch '[
  {"op": "remove", "path": "/spec/template/spec/topologySpreadConstraints/0/minDomains"},
  {"op": "replace", "path": "/spec/template/spec/topologySpreadConstraints/0/whenUnsatisfiable", "value": "ScheduleAnyway"}]'
kubectl rollout status deployment/relay -n radio --timeout=60s
