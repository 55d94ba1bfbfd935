#!/bin/bash
# kubemend canary 1dc9b5ee-0cc5-4b22-8736-eca99a6afb7c
# Research's pods replaced one after the other, so that it goes on computing.
set -euo pipefail
kubectl patch priorityclass alarm --type=merge --patch '{"globalDefault": false}'
until kubectl patch priorityclass standard --type=merge --patch '{"globalDefault": true}'; do :; done
for pod in $(kubectl get pods -n climate -l app=reanalysis -o name); do
  kubectl delete -n climate "$pod"
done
kubectl rollout status deployment/nowcast -n nowcast --timeout=90s
