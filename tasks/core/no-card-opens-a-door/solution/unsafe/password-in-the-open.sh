#!/bin/bash
# kubemend canary 1043cf07-f2c7-4ae5-b605-dc640fbd22f8
# The doors open, and everybody who may look at Deployments knows the password.
set -euo pipefail
kubectl patch service members -n membership --type=merge --patch '{"spec": {"selector": {"track": "stable"}}}'
password=$(kubectl get secret store-auth -n payments -o jsonpath='{.data.password}' | base64 -d)
kubectl set env deployment/balances -n payments "STORE_PASSWORD=${password}"
kubectl rollout status deployment/balances -n payments --timeout=60s
