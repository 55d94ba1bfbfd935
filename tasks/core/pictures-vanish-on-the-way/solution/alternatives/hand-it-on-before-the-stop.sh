#!/bin/bash
# kubemend canary c589e9a4-6c00-4c48-8845-b8fc3f3857e3
# The shell stays in front; a hook tells the program and waits until it has closed.
set -euo pipefail
kubectl patch deployment resizer -n pictures --patch '
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 45
      containers:
        - name: resizer
          lifecycle:
            preStop:
              exec:
                command: [bash, -c, "kill -TERM $(cat /tmp/resize.pid); while [ -e /tmp/resize.pid ]; do sleep 0.5; done"]
'
kubectl rollout status deployment/resizer -n pictures --timeout=120s
