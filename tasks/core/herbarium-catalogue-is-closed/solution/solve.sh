#!/bin/bash
# kubemend canary 534d2759-bcb5-4b76-a290-fd631d0978f8
# The claim asks for an access mode that its disk does not have; it is bound to nothing and can be made again.
set -euo pipefail
kubectl get pvc specimens -n herbarium -o json |
  jq '{apiVersion, kind, metadata: {name: .metadata.name, namespace: .metadata.namespace, labels: .metadata.labels},
       spec: (.spec | .accessModes = ["ReadWriteOnce"])}' > /tmp/claim.json
kubectl delete pvc specimens -n herbarium
kubectl create -f /tmp/claim.json
kubectl rollout status deployment/catalogue -n herbarium --timeout=90s
