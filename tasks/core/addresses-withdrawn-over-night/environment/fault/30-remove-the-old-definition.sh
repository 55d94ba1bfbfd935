#!/bin/bash
# kubemend canary ea5f8d0b-88da-4d70-a9fe-79ce22866270
# As the upgrade notes said.
set -euo pipefail
kubectl delete customresourcedefinition leases.net.basalt.example --wait=false
kubectl wait customresourcedefinition leases.net.basalt.example --for=condition=Terminating --timeout=30s
for lease in edge-1 edge-2 edge-3; do
  kubectl wait leases.net.basalt.example "$lease" -n edge --for=jsonpath='{.metadata.deletionTimestamp}' --timeout=30s
done
