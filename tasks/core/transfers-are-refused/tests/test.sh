#!/bin/sh
# kubemend canary 1cb6c914-856c-4f2b-bd23-02256f145e8d
exec kubemend-verify /tests/contract.yaml
