#!/bin/bash
# kubemend canary d5cda6e5-4563-4f29-8b55-a090eacc8491
# The autoscaler measures the container that does the work, with the same target.
set -euo pipefail
kubectl patch hpa box-office -n sales --patch '
spec:
  metrics:
    - type: ContainerResource
      containerResource: { name: cpu, container: box-office, target: { type: Utilization, averageUtilization: 70 } }
'
kubectl wait hpa/box-office -n sales --for=condition=ScalingActive --timeout=90s
