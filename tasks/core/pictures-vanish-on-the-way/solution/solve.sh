#!/bin/bash
# kubemend canary c589e9a4-6c00-4c48-8845-b8fc3f3857e3
# The program in the shell's place, so that it hears when it is asked to close, and time for what it has in hand.
set -euo pipefail
kubectl patch deployment resizer -n pictures --patch '
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 30
      containers:
        - name: resizer
          command: [bash, -c]
          args: ["exec /opt/resizer/resize > >(/opt/resizer/stamp)"]
'
kubectl rollout status deployment/resizer -n pictures --timeout=120s
