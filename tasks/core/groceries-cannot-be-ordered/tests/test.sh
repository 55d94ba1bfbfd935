#!/bin/sh
# kubemend canary 4114818f-6b8f-4231-9d9b-422ce4425531
exec kubemend-verify /tests/contract.yaml
