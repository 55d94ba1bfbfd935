#!/bin/bash
# kubemend canary 1f04e971-d3ea-4632-a470-fb574410b2f0
# The Job goes, and those to come may take five minutes at most; the first of them is started by hand.
set -euo pipefail
kubectl patch cronjob returns-sync -n library --patch '{"spec": {"jobTemplate": {"spec": {"activeDeadlineSeconds": 300}}}}'
for job in $(kubectl get jobs -n library -l app=returns-sync -o json | jq -r '.items[] | select(.status.active == 1) | .metadata.name'); do
  kubectl delete job "$job" -n library --wait
done
kubectl create job returns-sync-by-hand -n library --from=cronjob/returns-sync
kubectl wait job/returns-sync-by-hand -n library --for=condition=Complete --timeout=60s
