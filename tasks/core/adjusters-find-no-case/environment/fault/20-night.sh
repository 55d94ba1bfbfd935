#!/bin/bash
# kubemend canary e18b5dff-8eca-4791-a3fa-cf66cb66add0
# The nodes were restarted in the night, and pods were made anew under the new defaults.
set -euo pipefail
kubectl delete pods -n claims -l app=indexer --grace-period=1
