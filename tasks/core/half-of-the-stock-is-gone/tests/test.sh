#!/bin/sh
# kubemend canary f98f57e2-e37b-4e51-8424-56dbc500bdf4
exec kubemend-verify /tests/contract.yaml
