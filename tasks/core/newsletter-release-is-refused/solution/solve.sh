#!/bin/bash
# kubemend canary 1003eeb9-9601-4394-a508-3e30827a65db
# Three names in one file; the generated settings, the selector and the Service are right.
set -euo pipefail
sed -i \
  -e 's/^\( *\)app: newsletter-sender$/\1app: newsletter/' \
  -e 's/key: SMTP_SERVER$/key: SMTP_HOST/' \
  -e 's/- name: web$/- name: http/' \
  /app/deploy/20-deployment.yaml
