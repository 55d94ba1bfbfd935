#!/bin/sh
# gosu USER[:GROUP] COMMAND...: becomes the user for good and runs the command.
user=${1%%:*}
group=${1#*:}
[ "$group" = "$1" ] && group=$(id -g "$user")
shift
exec setpriv --reuid="$user" --regid="$group" --init-groups "$@"
