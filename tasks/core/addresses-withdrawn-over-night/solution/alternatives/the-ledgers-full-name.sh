#!/bin/bash
# kubemend canary ea5f8d0b-88da-4d70-a9fe-79ce22866270
# The same in the other order, with the ledger's full name and the Role replaced as a whole.
set -euo pipefail
kubectl get configmap meter-settings -n metering -o json |
  jq '.data.ledger = "http://ledger.metering.svc.cluster.local:8080/"' | kubectl replace -f -
kubectl get role lease-controller -n address-system -o json |
  jq '.rules = [{apiGroups: [""], resources: ["configmaps"], resourceNames: ["address-book"], verbs: ["patch", "get"]}]' |
  kubectl replace -f -
