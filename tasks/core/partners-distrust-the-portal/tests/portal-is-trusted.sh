#!/bin/bash
# kubemend canary 1e148901-9e94-4175-b3ca-339b2478eeb5
# Asks as the partners do: with the company's root and nothing else.
said=$(kubectl exec -n partners deployment/partner-hotels -- sh -c '
  curl -sS -m 5 --cacert /trust/root.pem --connect-to "portal.kestreltrams.example:443:envoy.projectcontour:443" https://portal.kestreltrams.example/ 2>&1
  echo "curl ended with $?"') || exit 2
case "$said" in
  *"line 4 to the harbour"*"curl ended with 0") echo "the portal answers those who trust the root" ;;
  *) tr '\n' ' ' <<<"$said"; exit 1 ;;
esac
