#!/bin/bash
# kubemend canary a8cec0e8-c97c-48b8-8186-1a8e2ac18f4c
# Works until the manifests are rolled out again.
set -euo pipefail
kubectl patch deployment banner-printer -n lab --patch '{"spec": {"template": {"spec": {"nodeSelector": {"printer": "largeformat"}}}}}'
kubectl rollout status deployment/banner-printer -n lab --timeout=60s
