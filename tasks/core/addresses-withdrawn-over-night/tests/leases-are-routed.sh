#!/bin/bash
# kubemend canary ea5f8d0b-88da-4d70-a9fe-79ce22866270
# leases-are-routed.sh LEASE...: whether each lease is there to stay and has the address that the book says.
set -uo pipefail
book=$(kubectl get configmap address-book -n address-system -o json) || exit 2
if ! leases=$(kubectl get leases.net.basalt.example -n edge -o json 2>&1); then
  echo "there are no leases: $leases"
  exit 1
fi
for name in "$@"; do
  said=$(jq -r --arg name "$name" --argjson book "$(jq .data <<< "$book")" '
    [.items[] | select(.metadata.name == $name)][0] |
      if . == null then "is not there"
      elif .metadata.deletionTimestamp then "is ending"
      elif .status.address == null then "has no address"
      elif $book[.metadata.uid] != "\(.status.address) \($name)" then "has an address that is not its own in the book"
      else "" end' <<< "$leases")
  if [ -n "$said" ]; then
    echo "lease $name $said"
    exit 1
  fi
done
echo "routed: $*"
