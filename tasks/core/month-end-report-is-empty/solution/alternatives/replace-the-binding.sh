#!/bin/bash
# kubemend canary 99e5211c-5522-4959-849c-f9bc343a52d4
# The object as a whole, with the right subject.
set -euo pipefail
kubectl get rolebinding reporter -n finance -o json |
  jq '.subjects = [{kind: "ServiceAccount", name: "reporter", namespace: "finance"}]' |
  kubectl replace -f -
kubectl wait deployment/reporter -n finance --for=condition=Available --timeout=60s
