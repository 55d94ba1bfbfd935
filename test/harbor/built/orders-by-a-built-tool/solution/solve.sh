#!/usr/bin/env bash
set -euo pipefail
prepare-kubeconfig
kubectl -n orders patch service orders --type merge --patch '{"spec":{"selector":{"app":"orders"}}}'
