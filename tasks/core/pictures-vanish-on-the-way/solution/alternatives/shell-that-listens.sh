#!/bin/bash
# kubemend canary c589e9a4-6c00-4c48-8845-b8fc3f3857e3
# The shell stays in front, hands the signal on, and waits for the program.
set -euo pipefail
kubectl get deployment resizer -n pictures -o json | jq '
  .spec.template.spec.terminationGracePeriodSeconds = 25
  | .spec.template.spec.containers[0].command = ["bash", "-c"]
  | .spec.template.spec.containers[0].args = ["/opt/resizer/resize > >(/opt/resizer/stamp) & program=$!\ntrap \"kill -TERM $program\" TERM\nwait $program\nwait $program"]
' | kubectl replace -f -
kubectl rollout status deployment/resizer -n pictures --timeout=120s
