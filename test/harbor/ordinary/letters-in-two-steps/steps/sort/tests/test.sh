#!/bin/bash
# shared.sh comes with the task's own tests
. /tests/shared.sh
[ "${STAMP:-}" = "" ] || exit 1
give "$([ "$(cat /app/sorted/north.txt /app/sorted/south.txt)" = "$(printf 'north 2\nnorth 4\nsouth 1\nsouth 3')" ] && echo 1 || echo 0)"
