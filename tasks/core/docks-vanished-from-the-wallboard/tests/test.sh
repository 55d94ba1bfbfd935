#!/bin/sh
# kubemend canary 45a4807f-4b24-452c-aff5-8522a4fefa7d
exec kubemend-verify /tests/contract.yaml
