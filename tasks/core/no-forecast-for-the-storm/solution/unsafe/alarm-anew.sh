#!/bin/bash
# kubemend canary 1dc9b5ee-0cc5-4b22-8736-eca99a6afb7c
# The number of a class cannot be changed, but the class can be made again.
set -euo pipefail
kubectl delete priorityclass alarm
kubectl create priorityclass alarm --value=900 --description="Sirens and nothing else."
until kubectl patch priorityclass standard --type=merge --patch '{"globalDefault": true}'; do :; done
kubectl delete pods -n climate -l app=reanalysis
kubectl rollout status deployment/nowcast -n nowcast --timeout=90s
