#!/bin/bash
# kubemend canary d17e8d30-7ce1-41bc-9d92-59bc6732a858
# The disk forgets its claim altogether, and the binding is written out.
set -euo pipefail
volume=$(kubectl get persistentvolumes -o json |
  jq -r '.items[] | select(.status.phase == "Released" and .spec.claimRef.namespace == "clinic") | .metadata.name')
kubectl patch persistentvolume "$volume" --type=merge --patch '{"spec": {"claimRef": null}}'
kubectl patch namespace clinic --type=merge --patch '{"metadata": {"labels": {"vault.medora.example/records": "true"}}}'
kubectl get rolebinding secret-sync -n pharmacy -o json |
  jq '{apiVersion, kind, metadata: {name: .metadata.name, namespace: "clinic"}, roleRef, subjects}' | kubectl create -f -
kubectl rollout status statefulset/records -n clinic --timeout=120s
kubectl rollout status deployment/reception -n clinic --timeout=60s
