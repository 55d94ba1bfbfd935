#!/bin/sh
# kubemend canary f0bd72e4-b256-43f1-97d4-bebc393b9dd5
exec kubemend-verify /tests/contract.yaml
