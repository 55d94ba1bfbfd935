#!/bin/sh
# kubemend canary d5cda6e5-4563-4f29-8b55-a090eacc8491
exec kubemend-verify /tests/contract.yaml
