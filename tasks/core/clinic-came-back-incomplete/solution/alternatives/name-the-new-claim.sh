#!/bin/bash
# kubemend canary d17e8d30-7ce1-41bc-9d92-59bc6732a858
# The disk is given the new claim's identity, and the vault's program a Role of the clinic's own.
set -euo pipefail
uid=$(kubectl get persistentvolumeclaim data-records-0 -n clinic -o jsonpath='{.metadata.uid}')
volume=$(kubectl get persistentvolumeclaim data-records-0 -n clinic -o jsonpath='{.spec.volumeName}')
kubectl patch persistentvolume "$volume" --type=merge --patch "{\"spec\": {\"claimRef\": {\"uid\": \"$uid\", \"resourceVersion\": null}}}"
kubectl create role records-login -n clinic --verb=get,create,patch --resource=secrets
kubectl create rolebinding records-login -n clinic --role=records-login --serviceaccount=vault:secret-sync
kubectl label namespace clinic vault.medora.example/records=true
kubectl rollout status statefulset/records -n clinic --timeout=120s
kubectl rollout status deployment/reception -n clinic --timeout=60s
