#!/bin/bash
# kubemend canary f14d54be-dd21-4cfe-b4e1-014f41a7a8cd
# The pods get the name back that the Service knows.
set -euo pipefail
kubectl patch deployment calendar -n clinic --type=json --patch '[
  {"op": "test", "path": "/spec/template/spec/containers/0/ports/0/containerPort", "value": 8080},
  {"op": "replace", "path": "/spec/template/spec/containers/0/ports/0/name", "value": "web"}]'
kubectl rollout status deployment/calendar -n clinic --timeout=60s
