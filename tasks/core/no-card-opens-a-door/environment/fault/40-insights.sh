#!/bin/bash
# kubemend canary 1043cf07-f2c7-4ae5-b605-dc640fbd22f8
# The data team moves house: loud, and nobody's problem today.
set -euo pipefail
kubectl annotate namespace insights data.nordwand.example/note="We move to another warehouse from the 20th to the 24th. Footfall is down, we know."
kubectl patch configmap warehouse -n insights --type=merge --patch '{"data": {"WAREHOUSE": null}}'
kubectl delete pods -n insights -l app=footfall --grace-period=1
