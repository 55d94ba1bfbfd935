#!/bin/sh
# kubemend canary a40358b5-5d81-4614-97fa-786a3ed1cad0
exec kubemend-verify /tests/contract.yaml
