#!/bin/bash
# kubemend canary a40358b5-5d81-4614-97fa-786a3ed1cad0
# A sidecar again, and the schema check begins when the tunnel listens.
set -euo pipefail
kubectl patch deployment intake -n claims --type=json --patch '[
  {"op": "add", "path": "/spec/template/spec/initContainers/0/restartPolicy", "value": "Always"},
  {"op": "add", "path": "/spec/template/spec/initContainers/0/startupProbe", "value":
    {"exec": {"command": ["bash", "-c", "</dev/tcp/127.0.0.1/6379"]}, "periodSeconds": 1, "failureThreshold": 30}}
]'
kubectl rollout status deployment/intake -n claims --timeout=90s
