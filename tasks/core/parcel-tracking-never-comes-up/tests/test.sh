#!/bin/sh
# kubemend canary e1191b47-5cec-42b4-90f7-7b1cbd67242d
exec kubemend-verify /tests/contract.yaml
