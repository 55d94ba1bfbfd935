#!/usr/bin/env bash
/tests/check_orders.sh 3 >/logs/verifier/test.log 2>&1 && reward=1 || reward=0
echo "{\"reward\": $reward}" >/logs/verifier/reward.json
