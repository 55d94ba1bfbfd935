#!/bin/bash
# kubemend canary d5cda6e5-4563-4f29-8b55-a090eacc8491
# Utilization is measured against the requests of all containers, and the new one has none for the CPU.
set -euo pipefail
kubectl set resources deployment/box-office -n sales -c journal --requests=cpu=5m,memory=8Mi
kubectl rollout status deployment/box-office -n sales --timeout=90s
kubectl wait hpa/box-office -n sales --for=condition=ScalingActive --timeout=90s
