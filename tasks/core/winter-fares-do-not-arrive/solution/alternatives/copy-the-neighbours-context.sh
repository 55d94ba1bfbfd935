#!/bin/bash
# kubemend canary 34304e5b-29c3-4076-ae95-eb454804903d
# What the first container has, the second gets: the object as a whole.
set -euo pipefail
kubectl get deployment fares -n lifts -o json |
  jq '(.spec.template.spec.containers | map(select(.name == "fares"))[0].securityContext) as $context
      | .spec.template.spec.containers |= map(.securityContext = $context)' |
  kubectl replace -f -
kubectl rollout status deployment/fares -n lifts --timeout=60s
