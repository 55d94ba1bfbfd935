#!/bin/sh
# kubemend canary a0b4578c-ec11-4d05-b168-179b35ad3524
exec kubemend-verify /tests/contract.yaml
