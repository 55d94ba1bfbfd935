#!/bin/bash
# kubemend canary d5cda6e5-4563-4f29-8b55-a090eacc8491
# One metric, the CPU, at seventy percent of what is requested: of the pod, or of the box office's own container.
hpa=$(kubectl get hpa box-office -n sales -o json) || exit 2
jq -e '
  .spec.metrics | length == 1 and (.[0] | (.resource // .containerResource) as $metric
    | $metric.name == "cpu" and $metric.target.averageUtilization == 70
      and (.type == "Resource" or $metric.container == "box-office"))
' <<<"$hpa" >/dev/null || { echo "the autoscaler has another target than seventy percent of the CPU"; exit 1; }
echo "the autoscaler has the target that it had"
