#!/bin/bash
# kubemend canary 1e148901-9e94-4175-b3ca-339b2478eeb5
# The chain is whole, and the portal's key is in two places.
set -euo pipefail
kubectl get configmap pki -n portal -o json >/tmp/pki.json
kubectl get secret portal-tls -n portal -o json |
  jq --slurpfile pki /tmp/pki.json '{apiVersion, kind, type, metadata: {name: "portal-tls-chain", namespace: "portal"},
    data: {"tls.key": .data["tls.key"], "tls.crt": ((.data["tls.crt"] | @base64d) + $pki[0].data["issuing-4.pem"] | @base64)}}' |
  kubectl create -f -
kubectl patch ingress portal -n portal --type=json --patch '[{"op": "replace", "path": "/spec/tls/0/secretName", "value": "portal-tls-chain"}]'
