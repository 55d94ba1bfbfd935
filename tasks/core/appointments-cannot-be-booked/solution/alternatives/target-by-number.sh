#!/bin/bash
# kubemend canary f14d54be-dd21-4cfe-b4e1-014f41a7a8cd
# A number needs no agreement about names.
set -euo pipefail
kubectl get service calendar -n clinic -o json |
  jq '(.spec.ports[] | select(.name == "http")).targetPort = 8080' |
  kubectl replace -f -
