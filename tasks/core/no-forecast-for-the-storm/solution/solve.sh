#!/bin/bash
# kubemend canary 1dc9b5ee-0cc5-4b22-8736-eca99a6afb7c
# Pods without a class got the number of the sirens; they keep it until they are made anew.
set -euo pipefail
kubectl patch priorityclass alarm --type=merge --patch '{"globalDefault": false}'
until kubectl patch priorityclass standard --type=merge --patch '{"globalDefault": true}'; do :; done
kubectl delete pods -n climate -l app=reanalysis
kubectl rollout status deployment/nowcast -n nowcast --timeout=90s
