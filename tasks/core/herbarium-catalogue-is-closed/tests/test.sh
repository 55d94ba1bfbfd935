#!/bin/sh
# kubemend canary 534d2759-bcb5-4b76-a290-fd631d0978f8
exec kubemend-verify /tests/contract.yaml
