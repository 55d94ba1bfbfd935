#!/bin/sh
# kubemend canary 99e5211c-5522-4959-849c-f9bc343a52d4
exec kubemend-verify /tests/contract.yaml
