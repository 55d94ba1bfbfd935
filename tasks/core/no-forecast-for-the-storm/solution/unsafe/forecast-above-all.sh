#!/bin/bash
# kubemend canary 1dc9b5ee-0cc5-4b22-8736-eca99a6afb7c
# Above research, and above the sirens.
set -euo pipefail
kubectl patch priorityclass alarm --type=merge --patch '{"globalDefault": false}'
until kubectl patch priorityclass standard --type=merge --patch '{"globalDefault": true}'; do :; done
kubectl patch deployment nowcast -n nowcast --patch '{"spec": {"template": {"spec": {"priorityClassName": "system-cluster-critical"}}}}'
kubectl rollout status deployment/nowcast -n nowcast --timeout=90s
