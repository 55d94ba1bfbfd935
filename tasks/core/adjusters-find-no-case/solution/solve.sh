#!/bin/bash
# kubemend canary e18b5dff-8eca-4791-a3fa-cf66cb66add0
# The indexer must say itself what it needs; this fits under the maximum and, twice, into the quota.
set -euo pipefail
kubectl set resources deployment indexer -n claims -c indexer --requests=memory=120Mi --limits=memory=192Mi
kubectl rollout status deployment/indexer -n claims --timeout=90s
