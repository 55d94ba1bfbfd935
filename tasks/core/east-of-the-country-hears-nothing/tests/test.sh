#!/bin/sh
# kubemend canary c17ce3d5-e508-4d66-aaa1-75a8b81e6f01
exec kubemend-verify /tests/contract.yaml
