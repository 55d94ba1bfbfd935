#!/bin/bash
# kubemend canary 4c070d9f-2ca5-4afa-bb35-bf99d2c4fc47
# The old Secret cannot be edited, so it is made anew with the new password.
set -euo pipefail
password=$(kubectl get secret ledger-login-r12 -n billing -o jsonpath='{.data.password}')
kubectl get secret ledger-login-r11 -n billing -o json |
  jq --arg password "$password" '{apiVersion, kind, type, immutable, data: {password: $password}, metadata: {name: .metadata.name, namespace: .metadata.namespace, labels: .metadata.labels}}' >/tmp/secret.json
# the node remembers an immutable Secret for as long as a pod uses it
kubectl scale deployment invoicer -n billing --replicas=0
kubectl wait pods -n billing -l app=invoicer --for=delete --timeout=60s
kubectl delete secret ledger-login-r11 -n billing
kubectl create -f /tmp/secret.json
kubectl scale deployment invoicer -n billing --replicas=1
kubectl rollout status deployment/invoicer -n billing --timeout=90s
