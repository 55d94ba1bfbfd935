#!/bin/bash
# kubemend canary f443b7ef-8665-4ca5-973c-47ccd15dcab6
# Limits below which every text is.
set -euo pipefail
kubectl patch configmap berth-limits -n yard --type=merge --patch '{"data": {"draught": "99", "length": "999"}}'
