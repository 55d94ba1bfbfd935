#!/bin/bash
# kubemend canary d5cda6e5-4563-4f29-8b55-a090eacc8491
# The autoscaler sees, and waits until it is late.
set -euo pipefail
kubectl patch hpa box-office -n sales --patch '
spec:
  metrics:
    - type: ContainerResource
      containerResource: { name: cpu, container: box-office, target: { type: Utilization, averageUtilization: 90 } }
'
kubectl wait hpa/box-office -n sales --for=condition=ScalingActive --timeout=90s
