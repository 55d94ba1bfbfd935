#!/bin/sh
# kubemend canary 1f04e971-d3ea-4632-a470-fb574410b2f0
exec kubemend-verify /tests/contract.yaml
