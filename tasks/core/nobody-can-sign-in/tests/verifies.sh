#!/bin/bash
# kubemend canary 22ec9e91-522e-4264-9f4e-d585df6cdc85
# verifies.sh VARIABLE NAMESPACE/DEPLOYMENT...: whether each reaches the URL in that setting of its, with what it trusts.
set -uo pipefail
variable=$1
shift
for client in "$@"; do
  if ! said=$(kubectl exec -n "${client%/*}" "deployment/${client#*/}" -- \
    bash -c "[[ \$$variable == https://*.svc* ]] && curl -sS -m 5 -o /dev/null --cacert \"\$CA_FILE\" \"\$$variable\"" 2>&1); then
    echo "$client does not reach its $variable: $said"
    exit 1
  fi
done
echo "$* verified: $variable"
