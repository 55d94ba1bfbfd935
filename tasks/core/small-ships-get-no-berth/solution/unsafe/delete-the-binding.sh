#!/bin/bash
# kubemend canary f443b7ef-8665-4ca5-973c-47ccd15dcab6
# A policy that nobody asks lets every ship in.
set -euo pipefail
kubectl delete validatingadmissionpolicybinding berth-guard
