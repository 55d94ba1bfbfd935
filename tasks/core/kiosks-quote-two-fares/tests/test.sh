#!/bin/sh
# kubemend canary d0e1cd07-d370-4566-8d38-0e91410cba5c
exec kubemend-verify /tests/contract.yaml
