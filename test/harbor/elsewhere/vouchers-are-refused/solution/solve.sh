#!/bin/bash
set -euo pipefail
kubectl -n shop patch configmap checkout --type merge --patch '{"data":{"vouchers":"yes"}}'
kubectl -n shop get configmap checkout -o jsonpath='{.data.codes}' | tr ' ' '\n' >/app/report/vouchers.txt
echo scrap >/app/report/vouchers.draft
echo published >/logs/artifacts/note.txt
