#!/bin/bash
# the sum of each thing, the log as it was, and the service that the agent was to leave running
reward=1
[ "$CURRENCY" = EUR ] || reward=0
[ "$(/app/totals.sh)" = "$(cat /tests/expected.txt)" ] || { echo "the totals are wrong"; reward=0; }
sha256sum --check --quiet /tests/till.sha256 || { echo "the log was changed"; reward=0; }
python3 /tests/prices.py || { echo "no price service"; reward=0; }
echo "$reward" >/logs/verifier/reward.txt
