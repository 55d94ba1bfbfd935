#!/bin/bash
# kubemend canary f443b7ef-8665-4ca5-973c-47ccd15dcab6
# try-ships.sh enters|refuses DRAUGHT LENGTH...: whether berth 3 would take ships of these sizes; nothing is entered.
set -uo pipefail
expected=$1
shift
while [ $# -gt 0 ]; do
  entry="{\"data\": {\"ship\": \"a trial\", \"draught\": \"$1\", \"length\": \"$2\"}}"
  if said=$(kubectl patch configmap berth-3 -n yard --type=merge --dry-run=server --patch "$entry" 2>&1); then
    answer=enters
  elif [[ $said == *ValidatingAdmissionPolicy*berth-guard* ]]; then
    answer=refuses
  else
    echo "berth 3 cannot be asked: $said"
    exit 2
  fi
  if [ "$answer" != "$expected" ]; then
    echo "a ship of $1 m draught and $2 m length: berth 3 $answer it ($said)"
    exit 1
  fi
  shift 2
done
echo "berth 3 $expected every ship that was tried"
