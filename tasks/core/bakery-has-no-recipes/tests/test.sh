#!/bin/sh
# kubemend canary e69096a4-d264-4fa5-87e3-531b7c7eb39a
exec kubemend-verify /tests/contract.yaml
