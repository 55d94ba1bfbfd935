#!/bin/bash
# kubemend canary 22ec9e91-522e-4264-9f4e-d585df6cdc85
# trusts-no-others.sh NAMESPACE/DEPLOYMENT...: whether each trusts the roots for production and nothing else.
set -uo pipefail
# one certificate a line, without what is written around them
flatten() { sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' | tr -d '\n\r ' | sed 's/-----ENDCERTIFICATE-----/&\n/g'; }
known=$(kubectl get configmap roots -n pki -o json | jq -r '.data["root-2023.crt"] + .data["root-2026.crt"]' | flatten) || exit 2
for client in "$@"; do
  if ! bundle=$(kubectl exec -n "${client%/*}" "deployment/${client#*/}" -- bash -c 'cat "$CA_FILE"' 2>&1); then
    echo "$client has no bundle: $bundle"
    exit 1
  fi
  while read -r certificate; do
    [ -z "$certificate" ] && continue
    if ! grep -qxF -e "$certificate" <<< "$known"; then
      echo "$client trusts something that is no root for production"
      exit 1
    fi
  done <<< "$(flatten <<< "$bundle")"
done
echo "$* trust the roots for production only"
