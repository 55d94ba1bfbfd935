#!/bin/sh
# kubemend canary 34304e5b-29c3-4076-ae95-eb454804903d
exec kubemend-verify /tests/contract.yaml
