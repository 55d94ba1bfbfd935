"""Counts what an EndpointSlice list, read from standard input, has ready."""

import json
import sys


def main() -> None:
    slices = json.load(sys.stdin)["items"]
    ends = [end for one in slices for end in one.get("endpoints") or []]
    print(sum(1 for end in ends if end["conditions"].get("ready")))
