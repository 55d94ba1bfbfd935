#!/bin/sh
# kubemend canary b97375e7-24cf-444d-9b08-c81d68a599fb
exec kubemend-verify /tests/contract.yaml
