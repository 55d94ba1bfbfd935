#!/bin/bash
# kubemend canary 1dc9b5ee-0cc5-4b22-8736-eca99a6afb7c
# "So that the sirens are never forgotten again, alarm is the default now." Only one class can be it.
set -euo pipefail
kubectl patch priorityclass standard --type=merge --patch '{"globalDefault": false}'
# the API server sees the first change a moment later
for _ in {1..50}; do
  kubectl patch priorityclass alarm --type=merge --patch '{"globalDefault": true}' && break
done
kubectl get priorityclass alarm -o json | jq -e .globalDefault
