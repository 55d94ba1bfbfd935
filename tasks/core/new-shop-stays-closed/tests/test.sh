#!/bin/sh
# kubemend canary bf865131-f082-4192-b3eb-b4057ecbcc64
exec kubemend-verify /tests/contract.yaml
