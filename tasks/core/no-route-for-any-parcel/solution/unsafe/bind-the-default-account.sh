#!/bin/bash
# kubemend canary b5468c55-384d-4985-a2f8-0e4b9f906a59
# Whatever names no account of its own may read the routes from now on.
set -euo pipefail
kubectl create rolebinding labels -n depot --role=route-reader --serviceaccount=depot:default
kubectl wait deployment/labels -n depot --for=condition=Available --timeout=60s
