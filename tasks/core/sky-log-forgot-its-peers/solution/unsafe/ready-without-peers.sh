#!/bin/bash
# kubemend canary f0bd72e4-b256-43f1-97d4-bebc393b9dd5
# Up at once; a server alone takes observations that nobody else has.
set -euo pipefail
kubectl get statefulset skylog -n observatory -o json |
  jq '.spec.template.spec.containers[0].args -= ["--ready-needs-calls"]' |
  kubectl replace -f -
kubectl rollout status statefulset/skylog -n observatory --timeout=120s
