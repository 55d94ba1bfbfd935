#!/bin/bash
# kubemend canary e2e07f93-9838-4d43-a804-8fa3ada1f679
# Three manifests in the words of today's API; the deployer does the rest.
set -euo pipefail
kubectl get configmap billing-set -n delivery -o json |
  jq '.data["20-statements.yaml"] |= sub("batch/v1beta1"; "batch/v1")
      | .data["30-scaling.yaml"] |= (sub("autoscaling/v2beta1"; "autoscaling/v2")
          | sub("targetAverageUtilization: 70"; "target: { type: Utilization, averageUtilization: 70 }"))
      | .data["40-availability.yaml"] |= sub("policy/v1beta1"; "policy/v1")' |
  kubectl replace -f -
kubectl wait deployment/deployer -n delivery --for=condition=Available --timeout=60s
kubectl rollout status deployment/invoices -n billing --timeout=60s
