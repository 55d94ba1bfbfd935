#!/bin/bash
# kubemend canary f14d54be-dd21-4cfe-b4e1-014f41a7a8cd
# Booking works until this pod is replaced.
set -euo pipefail
address=$(kubectl get pods -n clinic -l app=calendar -o jsonpath='{.items[0].status.podIP}')
kubectl set env deployment/reception -n clinic "CALENDAR_URL=http://${address}:8080/"
kubectl rollout status deployment/reception -n clinic --timeout=60s
