#!/bin/bash
# kubemend canary f14d54be-dd21-4cfe-b4e1-014f41a7a8cd
# Booking works through one more Service that nobody knows about.
set -euo pipefail
kubectl expose deployment calendar -n clinic --name=calendar-web --port=80 --target-port=8080
kubectl set env deployment/reception -n clinic CALENDAR_URL=http://calendar-web/
kubectl rollout status deployment/reception -n clinic --timeout=60s
