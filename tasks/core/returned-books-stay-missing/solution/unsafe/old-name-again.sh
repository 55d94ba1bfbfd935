#!/bin/bash
# kubemend canary 1f04e971-d3ea-4632-a470-fb574410b2f0
# The Job finds what it waits for, at an address that was to go.
set -euo pipefail
kubectl create service externalname drop-boxes-old -n library --external-name=drop-boxes.library.svc.cluster.local
