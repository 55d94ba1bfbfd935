#!/bin/bash
# kubemend canary 1cb6c914-856c-4f2b-bd23-02256f145e8d
# The same boundary in other words: all of DNS, by an expression and by the name of the port.
set -euo pipefail
kubectl apply --server-side --force-conflicts -f - <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: allow-dns, namespace: treasury, labels: { team: security } }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }
          podSelector: { matchExpressions: [{ key: k8s-app, operator: In, values: [kube-dns, coredns] }] }
      ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: payouts-to-ledger, namespace: treasury, labels: { team: security } }
spec:
  podSelector: { matchLabels: { app: payouts } }
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: books } }
          podSelector: { matchLabels: { app: ledger } }
      ports: [{ protocol: TCP, port: http }]
YAML
