#!/bin/bash
# kubemend canary 1f04e971-d3ea-4632-a470-fb574410b2f0
# The same CronJob, made anew, with all that belonged to it gone.
set -euo pipefail
kubectl get cronjob returns-sync -n library -o json |
  jq 'del(.metadata.uid, .metadata.resourceVersion, .metadata.creationTimestamp, .metadata.generation, .metadata.managedFields, .status)' >/tmp/cronjob.json
kubectl delete cronjob returns-sync -n library --wait
kubectl create -f /tmp/cronjob.json
