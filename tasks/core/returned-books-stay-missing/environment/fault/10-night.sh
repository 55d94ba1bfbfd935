#!/bin/bash
# kubemend canary 1f04e971-d3ea-4632-a470-fb574410b2f0
# The last sync before the correction: it has the old address, and nobody answers there. It is the CronJob's own.
set -euo pipefail
uid=$(kubectl get cronjob returns-sync -n library -o jsonpath='{.metadata.uid}')
minute=$(($(date +%s) / 60 - 1))
job=returns-sync-$minute
kubectl get cronjob returns-sync -n library -o json |
  jq --arg job "$job" --arg uid "$uid" --arg at "$(date -u -d "@$((minute * 60))" +%Y-%m-%dT%H:%M:%SZ)" '
    .spec.jobTemplate as $template | {
      apiVersion: "batch/v1", kind: "Job",
      metadata: {
        name: $job, namespace: "library", labels: $template.metadata.labels,
        annotations: {"batch.kubernetes.io/cronjob-scheduled-timestamp": $at},
        ownerReferences: [{apiVersion: "batch/v1", kind: "CronJob", name: "returns-sync", uid: $uid, controller: true, blockOwnerDeletion: true}]
      },
      spec: $template.spec
    } | .spec.template.spec.containers[0].env[0].value = "http://drop-boxes-old:8080/"' |
  kubectl create -f -
kubectl get job "$job" -n library -o json |
  jq '{status: {active: [{apiVersion, kind, name: .metadata.name, namespace: .metadata.namespace, uid: .metadata.uid, resourceVersion: .metadata.resourceVersion}]}}' >/tmp/active.json
kubectl patch cronjob returns-sync -n library --subresource=status --type=merge --patch-file /tmp/active.json
kubectl wait "job/$job" -n library --for=jsonpath='{.status.ready}'=1 --timeout=60s
# a sync that the clock started meanwhile comes to its end, and the board is wiped at midnight
for other in $(kubectl get jobs -n library -o name | grep -v "/$job$"); do
  kubectl wait "$other" -n library --for=condition=Complete --timeout=60s
done
kubectl exec deployment/catalogue -n library -- redis-cli DEL returns:board
