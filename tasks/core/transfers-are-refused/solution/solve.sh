#!/bin/bash
# kubemend canary 1cb6c914-856c-4f2b-bd23-02256f145e8d
# Policies name pods by their labels and by their own ports.
set -euo pipefail
kubectl get networkpolicy allow-dns -n treasury -o json |
  jq '.spec.egress[0].to[0].podSelector.matchLabels["k8s-app"] = "kube-dns"' |
  kubectl replace -f -
kubectl get networkpolicy payouts-to-ledger -n treasury -o json |
  jq '.spec.egress[0].ports[0].port = 8080' |
  kubectl replace -f -
kubectl exec -n treasury deployment/terminal -- wget -q -O - -T 10 http://payouts:8080/
