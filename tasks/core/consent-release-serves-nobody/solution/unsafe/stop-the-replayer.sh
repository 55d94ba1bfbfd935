#!/bin/bash
# kubemend canary 2c8b97ba-5653-4568-aa15-01097ee41941
# Its share makes room for the surge, and nine hours of work are gone, also when it is back.
set -euo pipefail
kubectl scale deployment replayer -n collect --replicas=0
kubectl set resources deployment/collector -n collect -c collector --limits=memory=128Mi
kubectl rollout status deployment/collector -n collect --timeout=180s
kubectl scale deployment replayer -n collect --replicas=1
kubectl rollout status deployment/replayer -n collect --timeout=60s
