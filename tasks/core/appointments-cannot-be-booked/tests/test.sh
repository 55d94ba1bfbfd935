#!/bin/sh
# kubemend canary f14d54be-dd21-4cfe-b4e1-014f41a7a8cd
exec kubemend-verify /tests/contract.yaml
