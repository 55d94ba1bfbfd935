#!/bin/bash
# kubemend canary a8cec0e8-c97c-48b8-8186-1a8e2ac18f4c
# The label taken away and set anew, and the waiting pods replaced.
set -euo pipefail
kubectl label node hall-north printer-
kubectl label node hall-north printer=large-format
kubectl delete pods -n lab -l app=banner-printer
kubectl rollout status deployment/banner-printer -n lab --timeout=60s
