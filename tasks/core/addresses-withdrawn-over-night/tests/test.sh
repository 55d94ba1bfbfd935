#!/bin/sh
# kubemend canary ea5f8d0b-88da-4d70-a9fe-79ce22866270
exec kubemend-verify /tests/contract.yaml
