#!/bin/bash
# kubemend canary 4114818f-6b8f-4231-9d9b-422ce4425531
# The other half of what was begun: the pods get the label by which they are selected.
set -euo pipefail
kubectl patch deployment basket-api -n basket --patch '{"spec": {"template": {"metadata": {"labels": {"app.kubernetes.io/name": "basket-api"}}}}}'
kubectl patch deployment slots -n delivery --patch '{"spec": {"template": {"metadata": {"labels": {"app.kubernetes.io/name": "slots"}}}}}'
kubectl rollout status deployment/basket-api -n basket --timeout=90s
kubectl rollout status deployment/slots -n delivery --timeout=90s
