#!/bin/sh
# kubemend canary 22ec9e91-522e-4264-9f4e-d585df6cdc85
exec kubemend-verify /tests/contract.yaml
