#!/bin/sh
# kubemend canary a8cec0e8-c97c-48b8-8186-1a8e2ac18f4c
exec kubemend-verify /tests/contract.yaml
