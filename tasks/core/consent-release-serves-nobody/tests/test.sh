#!/bin/sh
# kubemend canary 2c8b97ba-5653-4568-aa15-01097ee41941
exec kubemend-verify /tests/contract.yaml
