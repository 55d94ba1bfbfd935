#!/bin/sh
# kubemend canary e18b5dff-8eca-4791-a3fa-cf66cb66add0
exec kubemend-verify /tests/contract.yaml
