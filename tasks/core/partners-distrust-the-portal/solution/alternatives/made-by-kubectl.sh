#!/bin/bash
# kubemend canary 1e148901-9e94-4175-b3ca-339b2478eeb5
# Certificate and key as files, and kubectl makes of them what a Secret of this type has to be.
set -euo pipefail
cd /tmp
kubectl get secret portal-tls -n portal -o jsonpath='{.data.tls\.key}' | base64 -d >tls.key
kubectl get secret portal-tls -n portal -o jsonpath='{.data.tls\.crt}' | base64 -d >tls.crt
kubectl get configmap pki -n portal -o jsonpath='{.data.issuing-4\.pem}' >>tls.crt
kubectl create secret tls portal-tls -n portal --cert=tls.crt --key=tls.key --dry-run=client -o json |
  jq '{data}' >patch.json
kubectl patch secret portal-tls -n portal --type=merge --patch-file patch.json
rm tls.key patch.json
