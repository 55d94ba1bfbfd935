#!/bin/bash
# kubemend canary 2c8b97ba-5653-4568-aa15-01097ee41941
# With one collector fewer the surge fits; afterwards there are three again.
set -euo pipefail
kubectl set resources deployment/collector -n collect -c collector --limits=memory=128Mi
kubectl scale deployment collector -n collect --replicas=2
kubectl rollout status deployment/collector -n collect --timeout=180s
kubectl scale deployment collector -n collect --replicas=3
kubectl rollout status deployment/collector -n collect --timeout=180s
