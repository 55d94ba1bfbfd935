#!/bin/sh
# kubemend canary d17e8d30-7ce1-41bc-9d92-59bc6732a858
exec kubemend-verify /tests/contract.yaml
