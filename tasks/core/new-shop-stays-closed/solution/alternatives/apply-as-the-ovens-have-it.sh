#!/bin/bash
# kubemend canary bf865131-f082-4192-b3eb-b4057ecbcc64
# What the definition of ovens says of its status, and the operator told to look again.
set -euo pipefail
subresources=$(kubectl get customresourcedefinition ovens.kornblume.example -o json | jq -c '.spec.versions[0].subresources')
kubectl get customresourcedefinition shops.kornblume.example -o json |
  jq --argjson subresources "$subresources" '{spec: {versions: (.spec.versions | map(.subresources = $subresources))}}' > /tmp/patch.json
kubectl patch customresourcedefinition shops.kornblume.example --type=merge --patch-file /tmp/patch.json
kubectl wait shops.kornblume.example harbour -n franchise --for=jsonpath='{.status.phase}'=Open --timeout=60s
