#!/bin/bash
# kubemend canary a8cec0e8-c97c-48b8-8186-1a8e2ac18f4c
# The same label, as a patch of the node.
set -euo pipefail
kubectl patch node hall-north --type=merge --patch '{"metadata": {"labels": {"printer": "large-format"}}}'
kubectl wait deployment/banner-printer -n lab --for=condition=Available --timeout=60s
