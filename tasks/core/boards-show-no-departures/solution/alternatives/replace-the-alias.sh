#!/bin/bash
# kubemend canary 1ea0dcde-2249-45ca-b40e-55d7282a4cdf
# The whole object, read, corrected and put back.
set -euo pipefail
kubectl get service timetable -n terminals -o json |
  jq '.spec.externalName = "timetable.operations.svc.cluster.local"' |
  kubectl replace -f -
