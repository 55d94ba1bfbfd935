#!/bin/bash
# kubemend canary c589e9a4-6c00-4c48-8845-b8fc3f3857e3
# The command of the release before hears the signal. Billing finds no contract any more.
set -euo pipefail
kubectl patch deployment resizer -n pictures --patch '
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 30
      containers:
        - name: resizer
          command: [/opt/resizer/resize]
          args: []
'
kubectl rollout status deployment/resizer -n pictures --timeout=120s
