#!/bin/bash
# kubemend canary f0bd72e4-b256-43f1-97d4-bebc393b9dd5
# The nodes were patched: all three servers went at the same time, and were made anew.
set -euo pipefail
kubectl delete pods -n observatory -l app=skylog --wait=false
