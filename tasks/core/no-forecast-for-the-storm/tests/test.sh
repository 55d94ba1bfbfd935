#!/bin/sh
# kubemend canary 1dc9b5ee-0cc5-4b22-8736-eca99a6afb7c
exec kubemend-verify /tests/contract.yaml
