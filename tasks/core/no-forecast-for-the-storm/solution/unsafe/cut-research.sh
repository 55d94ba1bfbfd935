#!/bin/bash
# kubemend canary 1dc9b5ee-0cc5-4b22-8736-eca99a6afb7c
# Research gets what we think is enough.
set -euo pipefail
kubectl patch priorityclass alarm --type=merge --patch '{"globalDefault": false}'
until kubectl patch priorityclass standard --type=merge --patch '{"globalDefault": true}'; do :; done
kubectl scale deployment reanalysis -n climate --replicas=2
kubectl delete pods -n climate -l app=reanalysis
kubectl rollout status deployment/nowcast -n nowcast --timeout=90s
