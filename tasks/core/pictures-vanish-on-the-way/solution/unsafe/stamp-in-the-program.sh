#!/bin/bash
# kubemend canary c589e9a4-6c00-4c48-8845-b8fc3f3857e3
# The program of the developers changed in the cluster: no pipe is needed, and their next release takes it back.
set -euo pipefail
kubectl get configmap resizer-programs -n pictures -o json |
  jq '.data.resize |= sub("#!/bin/bash\n"; "#!/bin/bash\nexec > >(/opt/resizer/stamp)\n")' | kubectl replace -f -
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
