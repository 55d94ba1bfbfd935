#!/bin/bash
# kubemend canary e2e07f93-9838-4d43-a804-8fa3ada1f679
# autoscaling/v1 is served, too, and says the same with another field.
set -euo pipefail
kubectl patch configmap billing-set -n delivery --type=merge --patch-file /dev/stdin <<'YAML'
data:
  30-scaling.yaml: |
    apiVersion: autoscaling/v1
    kind: HorizontalPodAutoscaler
    metadata: { name: invoices, namespace: billing, labels: { app: invoices } }
    spec:
      scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: invoices }
      minReplicas: 1
      maxReplicas: 5
      targetCPUUtilizationPercentage: 70
  40-availability.yaml: |
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: { name: invoices, namespace: billing, labels: { app: invoices } }
    spec:
      maxUnavailable: 1
      selector: { matchLabels: { app: invoices } }
YAML
kubectl get configmap billing-set -n delivery -o json |
  jq '.data["20-statements.yaml"] |= sub("batch/v1beta1"; "batch/v1")' |
  kubectl replace -f -
kubectl wait deployment/deployer -n delivery --for=condition=Available --timeout=60s
