#!/bin/bash
# kubemend canary 1003eeb9-9601-4394-a508-3e30827a65db
# The new word is kept as a label of its own beside the right one.
set -euo pipefail
sed -i \
  -e 's/^\( *\)app: newsletter-sender$/\1app: newsletter\n\1component: sender/' \
  -e 's/key: SMTP_SERVER$/key: SMTP_HOST/' \
  -e 's/- name: web$/- name: http/' \
  /app/deploy/20-deployment.yaml
