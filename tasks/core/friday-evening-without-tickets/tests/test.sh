#!/bin/sh
# kubemend canary 835ea615-8892-485c-a554-df97fbf8ad57
exec kubemend-verify /tests/contract.yaml
