#!/bin/bash
# kubemend canary b5468c55-384d-4985-a2f8-0e4b9f906a59
# The same through the binding that is there.
set -euo pipefail
kubectl set subject rolebinding label-service -n depot --serviceaccount=depot:default
kubectl wait deployment/labels -n depot --for=condition=Available --timeout=60s
