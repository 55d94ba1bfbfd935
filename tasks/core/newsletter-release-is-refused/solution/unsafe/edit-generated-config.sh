#!/bin/bash
# kubemend canary 1003eeb9-9601-4394-a508-3e30827a65db
# Works until the file is generated again tonight.
set -euo pipefail
sed -i 's/^  SMTP_HOST:/  SMTP_SERVER:/' /app/deploy/10-config.yaml
sed -i -e 's/app: newsletter-sender$/app: newsletter/' -e 's/- name: web$/- name: http/' /app/deploy/20-deployment.yaml
