#!/bin/sh
# kubemend canary 1ea0dcde-2249-45ca-b40e-55d7282a4cdf
exec kubemend-verify /tests/contract.yaml
