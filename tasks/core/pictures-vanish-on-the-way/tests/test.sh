#!/bin/sh
# kubemend canary c589e9a4-6c00-4c48-8845-b8fc3f3857e3
exec kubemend-verify /tests/contract.yaml
