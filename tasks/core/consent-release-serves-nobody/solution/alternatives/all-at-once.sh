#!/bin/bash
# kubemend canary 2c8b97ba-5653-4568-aa15-01097ee41941
# Nobody uses the old pods any more: they may all go at once.
set -euo pipefail
kubectl set resources deployment/collector -n collect -c collector --limits=memory=120Mi
kubectl patch deployment collector -n collect --patch '{"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}'
kubectl rollout status deployment/collector -n collect --timeout=180s
