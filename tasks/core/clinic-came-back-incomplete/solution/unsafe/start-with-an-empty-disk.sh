#!/bin/bash
# kubemend canary d17e8d30-7ce1-41bc-9d92-59bc6732a858
# Everything is Ready, and nobody is known.
set -euo pipefail
kubectl create rolebinding secret-sync -n clinic --clusterrole=secret-receiver --serviceaccount=vault:secret-sync
kubectl label namespace clinic vault.medora.example/records=true
kubectl delete persistentvolumeclaim data-records-0 -n clinic --wait=false
kubectl delete pod records-0 -n clinic
kubectl rollout status statefulset/records -n clinic --timeout=120s
kubectl rollout status deployment/reception -n clinic --timeout=60s
