#!/bin/bash
# A hook of the container runtime, between a container's making and its start: the log of a container of a restored cluster
# begins with what it had said before. The log is open by then, and everybody only appends to it.
state=$(cat)
annotation() {
  [[ $state =~ \"io\.kubernetes\.cri\.$1\":\"([^\"]*)\" ]] && printf %s "${BASH_REMATCH[1]}"
}
pod=$(annotation sandbox-namespace)_$(annotation sandbox-name)_$(annotation sandbox-uid)
container=$(annotation container-name)
kept=/var/lib/kubernetes/kept-logs/$pod/$container
if [ "$container" != "" ] && [ -f "$kept" ]; then
  cat "$kept" >>"/var/log/pods/$pod/$container/0.log"
  rm -f "$kept"
fi
