#!/bin/bash
# kubemend canary f0bd72e4-b256-43f1-97d4-bebc393b9dd5
# A second headless Service that publishes everybody; "all peers" is now whoever answers first.
set -euo pipefail
kubectl get service skylog-peers -n observatory -o json |
  jq '{apiVersion, kind, metadata: {name: "skylog-all", namespace: .metadata.namespace},
       spec: {clusterIP: "None", publishNotReadyAddresses: true, selector: .spec.selector, ports: .spec.ports}}' |
  kubectl create -f -
kubectl get statefulset skylog -n observatory -o json |
  jq '.spec.template.spec.containers[0].args |= map(gsub("skylog-[0-9].skylog-peers"; "skylog-all"))' |
  kubectl replace -f -
kubectl rollout status statefulset/skylog -n observatory --timeout=120s
