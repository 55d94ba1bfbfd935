#!/bin/bash
# kubemend canary e2e07f93-9838-4d43-a804-8fa3ada1f679
# The set as text, and the deployer told to start over.
set -euo pipefail
kubectl get configmap billing-set -n delivery -o yaml |
  sed -e 's#batch/v1beta1#batch/v1#' -e 's#policy/v1beta1#policy/v1#' -e 's#autoscaling/v2beta1#autoscaling/v2#' \
    -e 's#targetAverageUtilization: 70#target: { type: Utilization, averageUtilization: 70 }#' |
  kubectl replace -f -
kubectl delete pod -n delivery -l app=deployer
kubectl wait deployment/deployer -n delivery --for=condition=Available --timeout=60s
