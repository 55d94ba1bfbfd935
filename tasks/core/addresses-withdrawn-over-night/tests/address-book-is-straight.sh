#!/bin/bash
# kubemend canary ea5f8d0b-88da-4d70-a9fe-79ce22866270
# Whether every address in the book belongs to a lease that is there.
set -uo pipefail
book=$(kubectl get configmap address-book -n address-system -o json) || exit 2
leases=$(kubectl get leases.net.basalt.example -n edge -o json 2> /dev/null) || leases='{"items": []}'
lost=$(jq -r --argjson leases "$leases" '
  [$leases.items[].metadata.uid] as $uids | .data | del(.static) | to_entries[] | select(.key as $key | $uids | index($key) | not) | .value' <<< "$book")
if [ -n "$lost" ]; then
  echo "addresses that nobody gave back: ${lost//$'\n'/, }"
  exit 1
fi
if [ "$(jq -r .data.static <<< "$book")" != "203.0.113.1 router" ]; then
  echo "the routers' own address is not in the book any more"
  exit 1
fi
echo "every address in the book is a lease's"
