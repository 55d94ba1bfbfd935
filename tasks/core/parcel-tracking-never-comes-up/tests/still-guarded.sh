#!/bin/bash
# kubemend canary e1191b47-5cec-42b4-90f7-7b1cbd67242d
# A process that hangs after its start is found within half a minute, on the path and port where it says how it is.
probes=$(kubectl get deployment tracking -n parcels -o json) || exit 2
jq -e '
  .spec.template.spec.containers[] | select(.name == "tracking") | .livenessProbe
  | .httpGet.path == "/healthz" and (.httpGet.port == "http" or .httpGet.port == 8080)
    and .periodSeconds * .failureThreshold <= 30 and (.initialDelaySeconds // 0) <= 120
' <<<"$probes" >/dev/null || { echo "a hang of tracking would go unnoticed for more than half a minute"; exit 1; }
jq -e '
  .spec.template.spec.containers[] | select(.name == "tracking") | .startupProbe
  | . == null or .periodSeconds * .failureThreshold + (.initialDelaySeconds // 0) <= 300
' <<<"$probes" >/dev/null || { echo "a start that hangs would go unnoticed for more than five minutes"; exit 1; }
echo "tracking is started anew when it hangs"
