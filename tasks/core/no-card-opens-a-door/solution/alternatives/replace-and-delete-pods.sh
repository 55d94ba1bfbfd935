#!/bin/bash
# kubemend canary 1043cf07-f2c7-4ae5-b605-dc640fbd22f8
# Whole objects replaced, and pods deleted instead of a rollout.
set -euo pipefail
kubectl get service members -n membership -o json | jq '.spec.selector = {app: "members", track: "stable"}' | kubectl replace -f -
new=$(kubectl get secret store-auth -n payments -o json | jq -r .data.password)
kubectl get secret balances-store -n payments -o json | jq --arg new "$new" '.data.password = $new' | kubectl replace -f -
kubectl delete pods -n payments -l app=balances
kubectl rollout status deployment/balances -n payments --timeout=60s
