#!/bin/sh
# kubemend canary e2e07f93-9838-4d43-a804-8fa3ada1f679
exec kubemend-verify /tests/contract.yaml
