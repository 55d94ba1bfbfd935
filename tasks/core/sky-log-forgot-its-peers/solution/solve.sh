#!/bin/bash
# kubemend canary f0bd72e4-b256-43f1-97d4-bebc393b9dd5
# Servers that are not ready have no names, and without names they do not get ready.
set -euo pipefail
kubectl patch service skylog-peers -n observatory --patch '{"spec": {"publishNotReadyAddresses": true}}'
kubectl rollout status statefulset/skylog -n observatory --timeout=90s
