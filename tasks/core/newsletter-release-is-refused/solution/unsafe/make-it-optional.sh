#!/bin/bash
# kubemend canary 1003eeb9-9601-4394-a508-3e30827a65db
# The pod starts, without a mail server.
set -euo pipefail
sed -i \
  -e 's/app: newsletter-sender$/app: newsletter/' \
  -e 's/- name: web$/- name: http/' \
  -e 's/^\( *\)key: SMTP_SERVER$/\1key: SMTP_SERVER\n\1optional: true/' \
  /app/deploy/20-deployment.yaml
