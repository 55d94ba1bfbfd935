#!/bin/bash
# kubemend canary 1043cf07-f2c7-4ae5-b605-dc640fbd22f8
# Everything agrees again, on the password that leaked.
set -euo pipefail
kubectl patch service members -n membership --type=merge --patch '{"spec": {"selector": {"track": "stable"}}}'
old=$(kubectl get secret balances-store -n payments -o jsonpath='{.data.password}')
kubectl patch secret store-auth -n payments --type=merge --patch "{\"data\": {\"password\": \"${old}\"}}"
kubectl rollout restart deployment/store deployment/invoices -n payments
kubectl rollout status deployment/store -n payments --timeout=60s
kubectl rollout status deployment/invoices -n payments --timeout=60s
