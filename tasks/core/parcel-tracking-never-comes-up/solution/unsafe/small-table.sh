#!/bin/bash
# kubemend canary e1191b47-5cec-42b4-90f7-7b1cbd67242d
# The release, with the table it was to replace.
set -euo pipefail
kubectl set env deployment/tracking -n parcels ROUTE_TABLE=national ROUTE_TABLE_LOAD_TIME=0s
kubectl rollout status deployment/tracking -n parcels --timeout=120s
