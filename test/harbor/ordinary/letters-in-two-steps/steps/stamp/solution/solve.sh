#!/bin/bash
set -eu
word=$(ask_office | tr a-z A-Z)
sed -i "s/\$/ $word/" /app/sorted/*.txt
