#!/bin/sh
# kubemend canary 1043cf07-f2c7-4ae5-b605-dc640fbd22f8
exec kubemend-verify /tests/contract.yaml
