#!/bin/bash
# kubemend canary 1cb6c914-856c-4f2b-bd23-02256f145e8d
# One more rule, which allows what all others leave out.
set -euo pipefail
kubectl apply -f - <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: allow-cluster, namespace: treasury }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{ to: [{ namespaceSelector: {} }] }]
YAML
