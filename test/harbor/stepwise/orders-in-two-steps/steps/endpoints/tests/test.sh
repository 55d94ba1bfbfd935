#!/usr/bin/env bash
/tests/check_orders.sh 2 >/logs/verifier/test.log 2>&1 && reward=1 || reward=0
echo "$reward" >/logs/verifier/reward.txt
