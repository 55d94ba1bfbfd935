#!/bin/bash
# kubemend canary 1ea0dcde-2249-45ca-b40e-55d7282a4cdf
# Both clients are told the timetable's full name and need no alias.
set -euo pipefail
kubectl set env deployment/departure-boards deployment/gate-displays -n terminals TIMETABLE_URL=http://timetable.operations:8080/
kubectl rollout status deployment/departure-boards -n terminals --timeout=60s
kubectl rollout status deployment/gate-displays -n terminals --timeout=60s
