#!/bin/bash
# kubemend canary f443b7ef-8665-4ca5-973c-47ccd15dcab6
# The same with quantities, in another order.
set -euo pipefail
kubectl get validatingadmissionpolicy berth-guard -o json |
  jq '.spec.validations = [
        {expression: "quantity(object.data.length).compareTo(quantity(params.data.length)) <= 0",
         message: "the ship is longer than the berth"},
        {expression: "quantity(object.data.draught).compareTo(quantity(params.data.draught)) <= 0",
         message: "the ship is deeper than the berth"}]' |
  kubectl replace -f -
