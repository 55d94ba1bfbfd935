#!/bin/bash
# kubemend canary 1ea0dcde-2249-45ca-b40e-55d7282a4cdf
# The alias leads to the namespace that was left.
set -euo pipefail
kubectl patch service timetable -n terminals --patch '{"spec": {"externalName": "timetable.operations.svc.cluster.local"}}'
