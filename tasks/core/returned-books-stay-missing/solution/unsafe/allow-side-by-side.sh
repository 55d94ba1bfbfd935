#!/bin/bash
# kubemend canary 1f04e971-d3ea-4632-a470-fb574410b2f0
# The board fills, and two syncs run side by side.
set -euo pipefail
kubectl patch cronjob returns-sync -n library --patch '{"spec": {"concurrencyPolicy": "Allow"}}'
