#!/bin/bash
# on a machine that has what was collected, and nothing else of the agent's
reward=1
[ "$RULE" = "no blanks" ] && [ "$PWD" = /judge ] || exit 1
cmp expected.txt /app/ledger.txt || reward=0
grep -qx done /post/seen.txt || { echo "the witness saw nothing"; reward=0; }
[ -e /shared ] || [ -e /solution ] && { echo "this is the agent's machine"; exit 1; }
echo "$reward" >/logs/verifier/reward.txt
