#!/bin/bash
set -eu
[ "$PWD" = /app ]
mkdir sorted
touch ready
