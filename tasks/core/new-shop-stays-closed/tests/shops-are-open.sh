#!/bin/bash
# kubemend canary bf865131-f082-4192-b3eb-b4057ecbcc64
# shops-are-open.sh SHOP...: whether the operator says of each shop that it is open, of its present generation, and lately.
set -uo pipefail
shops=$(kubectl get shops.kornblume.example -n franchise -o json) || exit 2
for name in "$@"; do
  said=$(jq -r --arg name "$name" --argjson now "$(date +%s)" '
    [.items[] | select(.metadata.name == $name)][0] |
      if . == null then "is not there"
      elif .status.phase != "Open" then "is \(.status.phase // "without a phase")"
      elif .status.observedGeneration != .metadata.generation then "is open as it was, not as it is"
      elif $now - .status.lastSeen > 20 then "was last looked at \($now - .status.lastSeen) s ago"
      else "" end' <<< "$shops")
  if [ -n "$said" ]; then
    echo "shop $name $said"
    exit 1
  fi
done
echo "open: $*"
