#!/bin/bash
# kubemend canary a8cec0e8-c97c-48b8-8186-1a8e2ac18f4c
# The drivers run where there is no printer.
set -euo pipefail
kubectl label node office printer=large-format
kubectl rollout status deployment/banner-printer -n lab --timeout=60s
