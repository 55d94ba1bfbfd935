#!/bin/bash
# kubemend canary 22ec9e91-522e-4264-9f4e-d585df6cdc85
# Everybody signs in, with whoever answers.
set -euo pipefail
for client in web/portal orders/desk reports/nightly; do
  kubectl set env "deployment/${client#*/}" -n "${client%/*}" VERIFY=no
  kubectl rollout status "deployment/${client#*/}" -n "${client%/*}" --timeout=90s
done
