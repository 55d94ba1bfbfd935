#!/bin/bash
# kubemend canary 1cb6c914-856c-4f2b-bd23-02256f145e8d
# DNS by namespace and port alone, and the right port beside the wrong one.
set -euo pipefail
kubectl patch networkpolicy allow-dns -n treasury --type=json --patch '[{"op": "remove", "path": "/spec/egress/0/to/0/podSelector"}]'
kubectl patch networkpolicy payouts-to-ledger -n treasury --type=json \
  --patch '[{"op": "add", "path": "/spec/egress/0/ports/-", "value": {"protocol": "TCP", "port": 8080}}]'
