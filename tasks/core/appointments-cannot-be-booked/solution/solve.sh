#!/bin/bash
# kubemend canary f14d54be-dd21-4cfe-b4e1-014f41a7a8cd
# The Service names a port that the pods do not have any more.
set -euo pipefail
port=$(kubectl get deployment calendar -n clinic -o jsonpath='{.spec.template.spec.containers[0].ports[?(@.containerPort==8080)].name}')
kubectl patch service calendar -n clinic --type=strategic \
  --patch "{\"spec\": {\"ports\": [{\"port\": 80, \"targetPort\": \"${port}\"}]}}"
