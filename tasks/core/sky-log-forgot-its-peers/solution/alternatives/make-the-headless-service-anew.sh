#!/bin/bash
# kubemend canary f0bd72e4-b256-43f1-97d4-bebc393b9dd5
# A headless Service has no address that anybody could know: a new one is as good.
set -euo pipefail
kubectl get service skylog-peers -n observatory -o json |
  jq '{apiVersion, kind, metadata: {name: .metadata.name, namespace: .metadata.namespace, labels: .metadata.labels},
       spec: {clusterIP: "None", publishNotReadyAddresses: true, selector: .spec.selector, ports: .spec.ports}}' >/tmp/service.json
kubectl delete service skylog-peers -n observatory
kubectl create -f /tmp/service.json
kubectl rollout status statefulset/skylog -n observatory --timeout=90s
