#!/bin/bash
# kubemend canary c589e9a4-6c00-4c48-8845-b8fc3f3857e3
# Done before anybody gets impatient: what was sold as exhibition size is what it was before.
set -euo pipefail
kubectl patch configmap pipeline -n pictures --type=merge --patch '{"data": {"size": "1200x800", "seconds-of-work": "3"}}'
kubectl patch deployment resizer -n pictures --patch '
spec:
  template:
    spec:
      containers:
        - name: resizer
          command: [bash, -c]
          args: ["exec /opt/resizer/resize > >(/opt/resizer/stamp)"]
'
kubectl rollout status deployment/resizer -n pictures --timeout=120s
