#!/bin/bash
# kubemend canary a8cec0e8-c97c-48b8-8186-1a8e2ac18f4c
# The machine in the north hall came back from its installation with a label that nobody selects.
set -euo pipefail
kubectl label node hall-north printer=largeformat --overwrite
kubectl delete pods -n lab -l app=banner-printer --grace-period=1
