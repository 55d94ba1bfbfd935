#!/bin/sh
# kubemend canary 1003eeb9-9601-4394-a508-3e30827a65db
exec kubemend-verify /tests/contract.yaml
