#!/bin/bash
# kubemend canary 1043cf07-f2c7-4ae5-b605-dc640fbd22f8
# The store and what knows the new password are started anew.
set -euo pipefail
kubectl delete pods -n payments -l app=store
kubectl rollout status deployment/store -n payments --timeout=60s
kubectl delete pods -n payments -l app=invoices --grace-period=1
kubectl rollout status deployment/invoices -n payments --timeout=60s
