#!/bin/bash
# kubemend canary e69096a4-d264-4fa5-87e3-531b7c7eb39a
# The node was restarted: for a moment there was no gate at all, and now it must admit its own pods. Then the recipes.
set -euo pipefail
kubectl scale deployment gate -n provenance --replicas=0
# the program does not heed SIGTERM; whoever deletes waits until the pods are gone
kubectl delete pods -n provenance -l app=gate --grace-period=1 --timeout=60s
kubectl scale deployment gate -n provenance --replicas=2
kubectl delete pods -n ovens -l app=recipes --grace-period=1 --timeout=60s
