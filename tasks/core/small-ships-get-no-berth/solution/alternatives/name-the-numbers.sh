#!/bin/bash
# kubemend canary f443b7ef-8665-4ca5-973c-47ccd15dcab6
# The numbers get names, and both limits stand in one expression.
set -euo pipefail
kubectl patch validatingadmissionpolicy berth-guard --type=merge --patch '
spec:
  variables:
    - name: draught
      expression: double(object.data.draught)
    - name: length
      expression: double(object.data.length)
  validations:
    - expression: variables.draught <= double(params.data.draught) && variables.length <= double(params.data.length)
      messageExpression: "\"%s does not fit\".format([object.data.ship])"
      message: the ship does not fit
'
