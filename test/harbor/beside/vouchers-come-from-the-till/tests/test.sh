#!/bin/bash
codes=$(curl --silent --fail http://till:8000/codes.txt) || exit 1
said=$(kubectl -n shop get configmap checkout -o jsonpath='{.data.vouchers} {.data.codes}')
[ "$said" = "yes $codes" ] && reward=1 || reward=0
echo "$reward" >/logs/verifier/reward.txt
