#!/bin/bash
set -eu
ask_office
for way in north south; do grep "^$way" /app/letters.txt >"/app/sorted/$way.txt"; done
