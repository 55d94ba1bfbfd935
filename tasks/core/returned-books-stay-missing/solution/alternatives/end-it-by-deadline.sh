#!/bin/bash
# kubemend canary 1f04e971-d3ea-4632-a470-fb574410b2f0
# The Job that waits gets a deadline that is over: it fails and stays for who wants to look at it.
set -euo pipefail
job=$(kubectl get cronjob returns-sync -n library -o jsonpath='{.status.active[0].name}')
kubectl patch job "$job" -n library --patch '{"spec": {"activeDeadlineSeconds": 1}}'
kubectl wait job "$job" -n library --for=condition=Failed --timeout=60s
