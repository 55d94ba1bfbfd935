#!/bin/sh
# kubemend canary 1e148901-9e94-4175-b3ca-339b2478eeb5
exec kubemend-verify /tests/contract.yaml
