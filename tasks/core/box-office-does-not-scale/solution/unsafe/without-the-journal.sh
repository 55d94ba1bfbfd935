#!/bin/bash
# kubemend canary d5cda6e5-4563-4f29-8b55-a090eacc8491
# The autoscaler sees, and no sale is recorded.
set -euo pipefail
kubectl rollout undo deployment/box-office -n sales
kubectl rollout status deployment/box-office -n sales --timeout=90s
kubectl wait hpa/box-office -n sales --for=condition=ScalingActive --timeout=90s
