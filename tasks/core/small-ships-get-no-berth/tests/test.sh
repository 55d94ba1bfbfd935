#!/bin/sh
# kubemend canary f443b7ef-8665-4ca5-973c-47ccd15dcab6
exec kubemend-verify /tests/contract.yaml
