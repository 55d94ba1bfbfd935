#!/bin/bash
# kubemend canary c589e9a4-6c00-4c48-8845-b8fc3f3857e3
# moves-lose-nothing.sh: whether the last resizer that left its machine when the mover asked it to took no picture with it.
# What is lost shows twenty seconds later, when the resizer's sign of life runs out, so a move counts when it is 25 seconds old.
# moves-lose-nothing.sh lost: the other way round, for the symptom: the last of all moves did take pictures with it.
set -uo pipefail
seconds() { date -u -d "$1" +%s; }
recent=120s tells_of=180s
if [ "${1:-}" = lost ]; then recent=0 tells_of=0; fi
moves=$(kubectl logs -n platform deployment/mover --timestamps "--since=$recent") || exit 2
tells=$(kubectl logs -n pictures deployment/intake --timestamps "--since=$tells_of") || exit 2
now=$(date -u +%s)
# where intake was started anew meanwhile, nobody has told what became of the moves just before it stopped
stopped=0 began=0
while read -r when what _; do
  if [ "$what" = picture-1: ] && [ -n "${before:-}" ]; then stopped=$(seconds "$before") began=$(seconds "$when"); fi
  before=$when
done <<< "$tells"
last=
while read -r when pod what; do
  [[ $what == "left after "* ]] || continue
  left=$(seconds "$when")
  if [ $((now - left)) -lt 25 ] || { [ "$left" -lt "$began" ] && [ $((stopped - left)) -lt 25 ]; }; then continue; fi
  last=${pod%:}
done <<< "$moves"
if [ -z "$last" ]; then
  echo "no resizer has left its machine between 120 and 25 s ago"
  exit 1
fi
lost=$(grep -c ": vanished, was in the hands of $last\$" <<< "$tells")
if [ "$lost" != 0 ]; then
  [ "${1:-}" = lost ] && echo "$lost pictures vanished with $last" && exit 0
  echo "$lost pictures vanished with $last, which the mover had asked to leave"
  exit 1
fi
if [ "$(grep -c ': archived$' <<< "$tells")" -lt 5 ]; then
  echo "intake tells of too few archived pictures to say anything"
  exit 1
fi
echo "$last left its machine and no picture vanished with it"
[ "${1:-}" != lost ]
