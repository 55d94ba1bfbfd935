#!/bin/bash
# kubemend canary 1e148901-9e94-4175-b3ca-339b2478eeb5
# The portal's certificate, the issuer's and the root's, and the Secret put back as a whole.
set -euo pipefail
cd /tmp
kubectl get secret portal-tls -n portal -o jsonpath='{.data.tls\.crt}' | base64 -d >chain.pem
kubectl get configmap pki -n portal -o json | jq -r '.data["issuing-4.pem"], .data["root-2025.pem"]' >>chain.pem
kubectl get secret portal-tls -n portal -o json |
  jq --rawfile chain chain.pem '.data["tls.crt"] = ($chain | @base64)' |
  kubectl replace -f -
