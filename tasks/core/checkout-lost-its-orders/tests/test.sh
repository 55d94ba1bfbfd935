#!/bin/sh
# kubemend canary 15fefc1a-1c56-40d2-8e77-3ea82f5d4225
exec kubemend-verify /tests/contract.yaml
