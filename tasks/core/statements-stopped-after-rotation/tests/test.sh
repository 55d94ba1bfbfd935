#!/bin/sh
# kubemend canary 4c070d9f-2ca5-4afa-bb35-bf99d2c4fc47
exec kubemend-verify /tests/contract.yaml
