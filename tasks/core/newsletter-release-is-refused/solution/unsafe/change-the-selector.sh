#!/bin/bash
# kubemend canary 1003eeb9-9601-4394-a508-3e30827a65db
# The files fit together, and production refuses them: a selector cannot change in place.
set -euo pipefail
sed -i -e 's/^\( *\)app: newsletter$/\1app: newsletter-sender/' \
  -e 's/key: SMTP_SERVER$/key: SMTP_HOST/' -e 's/- name: web$/- name: http/' /app/deploy/20-deployment.yaml
sed -i 's/app: newsletter$/app: newsletter-sender/' /app/deploy/30-service.yaml /app/deploy/40-availability.yaml
