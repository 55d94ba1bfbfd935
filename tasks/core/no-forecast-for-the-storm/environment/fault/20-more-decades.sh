#!/bin/bash
# kubemend canary 1dc9b5ee-0cc5-4b22-8736-eca99a6afb7c
# Research asks for more, as it may, and its pods are started anew: they name no class.
set -euo pipefail
kubectl scale deployment reanalysis -n climate --replicas=4
kubectl delete pods -n climate -l app=reanalysis --grace-period=1
kubectl wait deployment/reanalysis -n climate --for=jsonpath='{.status.readyReplicas}'=4 --timeout=60s
