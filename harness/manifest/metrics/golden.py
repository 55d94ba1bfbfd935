"""The reference values of the text metrics: CloudEval-YAML's definitions on its own libraries.

Reads [[answer, labelled reference], ...] as JSON from stdin, writes [[bleu, edit, exact, kv-exact, kv-wildcard], ...].
"""
import difflib
import json
import sys

import deepdiff
import yaml
from nltk.translate.bleu_score import SmoothingFunction, corpus_bleu


def bleu(answer, reference):
    words, expected = answer.split(), reference.split()
    if min(len(words), len(expected)) < 4:
        return 0
    smooth = SmoothingFunction().method3
    return corpus_bleu([[expected]], [words], weights=(0.25,) * 4, smoothing_function=smooth)


def edit(answer, reference):
    lines, expected = ([line.strip() for line in text.strip().splitlines()] for text in (answer, reference))
    changed = [line for line in difflib.Differ().compare(lines, expected) if line[:2] in ("+ ", "- ")]
    return max(1 - len(changed) / len(expected), 0)


def kv_exact(answer, reference):
    documents, expected = list(yaml.safe_load_all(answer)), list(yaml.safe_load_all(reference))
    if not expected or len(documents) != len(expected):
        return 0
    return int(not any(deepdiff.DeepDiff(one, other) for one, other in zip(documents, expected)))


def mark(line):
    if "#" not in line or not line.rstrip().endswith("*"):
        return line
    key, value = line.split(":", 1)
    return key.rstrip() + "*:" + value


def leaves(mapping):
    for key, value in mapping.items():
        name, is_wildcard = key.rstrip("*"), key.endswith("*")
        below = [value] if isinstance(value, dict) else None
        if isinstance(value, list) and value and isinstance(value[0], dict):
            below = value
        if below is None:
            yield [name], value, is_wildcard
        else:
            for item in below:
                for path, leaf, is_free in leaves(item):
                    yield [name] + path, leaf, is_free


def kv_wildcard(answer, reference):
    documents = list(yaml.safe_load_all(answer))
    marked = "\n".join(map(mark, reference.splitlines())) + ("\n" if reference.endswith("\n") else "")
    expected = list(yaml.safe_load_all(marked))
    if not expected:
        raise ValueError("no reference")
    count = max(len(documents), len(expected))
    common = union = 0
    for one, other in zip(documents + [{}] * (count - len(documents)), expected + [{}] * (count - len(expected))):
        theirs, ours = list(leaves(one)), list(leaves(other))
        shared = sum(any(p == path and (free or v == value) for p, v, _ in theirs) for path, value, free in ours)
        common += shared
        union += len(theirs) + len(ours) - shared
    return common / union


def or_zero(metric, *texts):
    try:
        return metric(*texts)
    except Exception:
        return 0


def measure(answer, reference):
    exact = int(answer.strip() == reference.strip())
    bleu_, edit_, kv, wildcard = (or_zero(m, answer, reference) for m in (bleu, edit, kv_exact, kv_wildcard))
    return [bleu_, edit_, exact, kv, wildcard]


if __name__ == "__main__":
    json.dump([measure(*case) for case in json.load(sys.stdin)], sys.stdout)
