#!/bin/bash
# kubemend canary 1ea0dcde-2249-45ca-b40e-55d7282a4cdf
# The boards are full, from a second timetable that nobody keeps up to date.
set -euo pipefail
kubectl get deployment timetable -n operations -o json |
  jq '{apiVersion, kind, metadata: {name: "timetable", namespace: "terminals", labels: .metadata.labels}, spec: .spec}' |
  kubectl create -f -
kubectl delete service timetable -n terminals
kubectl expose deployment timetable -n terminals --port=8080 --target-port=http
kubectl rollout status deployment/timetable -n terminals --timeout=60s
