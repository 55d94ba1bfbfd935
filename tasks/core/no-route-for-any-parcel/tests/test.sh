#!/bin/sh
# kubemend canary b5468c55-384d-4985-a2f8-0e4b9f906a59
exec kubemend-verify /tests/contract.yaml
