#!/bin/bash
. /tests/shared.sh
[ "$POST $STAMP" = "letters priority" ] && [ "$(ask_office)" = open ] || exit 1
give "$([ "$(cat /app/sorted/north.txt | tail -1)" = "north 4 OPEN" ] && echo 1 || echo 0)"
