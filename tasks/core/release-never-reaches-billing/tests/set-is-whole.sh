#!/bin/bash
# kubemend canary e2e07f93-9838-4d43-a804-8fa3ada1f679
# set-is-whole.sh KIND...: whether the billing set has a manifest of every kind that it had.
set -uo pipefail
set=$(kubectl get configmap billing-set -n delivery -o json) || exit 2
text=$(jq -r '.data[]' <<< "$set")
for kind in "$@"; do
  if ! grep -Eq "\"?kind\"?: *\"?$kind\\b" <<< "$text"; then
    echo "billing-set has no $kind any more"
    exit 1
  fi
done
echo "billing-set has all of $*"
