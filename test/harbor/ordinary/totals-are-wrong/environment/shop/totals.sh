#!/bin/bash
awk '{ sum[$1] += $3 } END { for (what in sum) print what, sum[what] }' "$TILL" | sort
