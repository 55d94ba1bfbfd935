#!/bin/bash
# A CNI address plugin: host-local, except that a pod of a restored cluster gets the address it had before.
for pair in ${CNI_ARGS//;/ }; do
  case $pair in
    K8S_POD_NAMESPACE=*) namespace=${pair#*=} ;;
    K8S_POD_NAME=*) name=${pair#*=} ;;
  esac
done
kept=/var/lib/kubernetes/kept-addresses/$namespace/$name
if [ "$CNI_COMMAND" = ADD ] && [ -f "$kept" ]; then
  CNI_ARGS="$CNI_ARGS;IP=$(cat "$kept")"
  rm -f "$kept"
fi
exec /opt/cni/bin/host-local
