#!/bin/bash
# kubemend canary ea5f8d0b-88da-4d70-a9fe-79ce22866270
# final-readings-are-taken.sh LEASE...: whether the meter took a final reading of each lease that ended.
set -uo pipefail
readings=$(kubectl get configmap final-readings -n metering -o json) || exit 2
for name in "$@"; do
  if ! jq -e --arg name "$name" '.data[$name]' <<< "$readings" > /dev/null; then
    echo "there is no final reading of $name"
    exit 1
  fi
done
echo "final readings of $*"
