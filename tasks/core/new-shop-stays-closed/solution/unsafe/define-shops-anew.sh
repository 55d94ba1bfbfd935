#!/bin/bash
# kubemend canary bf865131-f082-4192-b3eb-b4057ecbcc64
# The definition is right again, and every shop is another one than before.
set -euo pipefail
kubectl get customresourcedefinition shops.kornblume.example -o json |
  jq 'del(.metadata.uid, .metadata.resourceVersion, .metadata.creationTimestamp, .metadata.managedFields, .status)
      | .spec.versions |= map(.subresources = {status: {}})' > /tmp/definition.json
kubectl get shops.kornblume.example -n franchise -o json |
  jq '.items |= map({apiVersion, kind, metadata: {name: .metadata.name, namespace: .metadata.namespace}, spec})' > /tmp/shops.json
kubectl delete customresourcedefinition shops.kornblume.example --timeout=60s
kubectl create -f /tmp/definition.json
kubectl wait customresourcedefinition shops.kornblume.example --for=condition=Established --timeout=30s
until kubectl create -f /tmp/shops.json; do kubectl get --raw /apis/kornblume.example/v1 > /dev/null || true; done
kubectl wait shops.kornblume.example harbour -n franchise --for=jsonpath='{.status.phase}'=Open --timeout=60s
