#!/bin/bash
# kubemend canary e18b5dff-8eca-4791-a3fa-cf66cb66add0
# As much as the rules allow for one container, at the expense of intake.
set -euo pipefail
kubectl scale deployment intake -n claims --replicas=1
kubectl set resources deployment indexer -n claims -c indexer --limits=memory=200Mi
kubectl rollout status deployment/indexer -n claims --timeout=90s
