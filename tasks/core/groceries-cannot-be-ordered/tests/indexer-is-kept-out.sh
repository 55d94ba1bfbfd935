#!/bin/bash
# kubemend canary 4114818f-6b8f-4231-9d9b-422ce4425531
# Nobody but the basket's own API is let in: every peer is the API's pods, in the policy's own namespace.
policy=$(kubectl get networkpolicy -n basket -o json) || exit 2
jq -e '
  [.items[] | select(.spec.podSelector.matchLabels.app == "basket-store") | .spec.ingress[]] as $rules
  | ($rules | length) > 0
  and all($rules[]; (.from // []) | length > 0 and all(.[];
    .namespaceSelector == null and .ipBlock == null
    and (.podSelector.matchLabels == {"app": "basket-api"} or .podSelector.matchLabels == {"app.kubernetes.io/name": "basket-api"}
      or .podSelector.matchLabels == {"app": "basket-api", "app.kubernetes.io/name": "basket-api"})))
' <<<"$policy" >/dev/null || { echo "others than the basket API are let into the basket store"; exit 1; }
echo "the basket store knows its API and nobody else"
