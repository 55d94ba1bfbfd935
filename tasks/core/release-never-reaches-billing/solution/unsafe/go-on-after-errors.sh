#!/bin/bash
# kubemend canary e2e07f93-9838-4d43-a804-8fa3ada1f679
# The deployer passes over what it cannot apply; the rest is applied by hand.
set -euo pipefail
kubectl set env deployment/deployer -n delivery ON_ERROR=continue
kubectl rollout status deployment/deployer -n delivery --timeout=60s
kubectl patch cronjob statements -n billing --type=merge --patch '{"spec": {"schedule": "15 3 1 * *"}}'
kubectl get horizontalpodautoscaler invoices -n billing -o json |
  jq '.spec.maxReplicas = 5 | .spec.metrics[0].resource.target.averageUtilization = 70' | kubectl replace -f -
kubectl rollout status deployment/invoices -n billing --timeout=60s
