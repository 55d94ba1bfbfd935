"""Reads a jobs folder with Harbor's own models and viewer, and prints what they make of it as JSON."""

import json
import sys
from pathlib import Path

from harbor.models.job.config import JobConfig
from harbor.models.job.lock import JobLock, TrialLock
from harbor.models.job.result import JobResult
from harbor.models.trial.config import TrialConfig
from harbor.models.trial.result import TrialResult
from harbor.utils.pass_at_k import compute_pass_at_k_by_evals
from harbor.viewer.scanner import JobScanner

said = {"parsed": [], "errors": [], "viewer": {}, "rewritten": {}}


def parse(model, path):
    try:
        value = model.model_validate_json(path.read_text())
        said["parsed"].append(str(path.relative_to(jobs)))
        return value
    except Exception as error:  # every error is wanted, whatever it is
        said["errors"].append(f"{path.relative_to(jobs)}: {error}")
        return None


jobs = Path(sys.argv[1])
for job in sorted(p for p in jobs.iterdir() if p.is_dir()):
    parse(JobConfig, job / "config.json")
    if (job / "lock.json").exists():
        parse(JobLock, job / "lock.json")
    result = parse(JobResult, job / "result.json")
    trials = []
    for trial in sorted(p for p in job.iterdir() if p.is_dir()):
        parse(TrialConfig, trial / "config.json")
        if (trial / "lock.json").exists():
            parse(TrialLock, trial / "lock.json")
        if (trial / "result.json").exists():
            parsed = parse(TrialResult, trial / "result.json")
            if parsed is not None:
                trials.append(parsed)
                said["rewritten"][trial.name] = json.loads(parsed.model_dump_json())
    if result is not None:
        stats = result.stats.from_trial_results(trials, n_total_trials=result.n_total_trials)
        for key, values in compute_pass_at_k_by_evals(trials).items():
            stats.evals[key].pass_at_k = values
        said["stats"] = json.loads(stats.model_dump_json())

scanner = JobScanner(jobs)
for name in scanner.list_jobs():
    said["viewer"][name] = {
        "config": scanner.get_job_config(name) is not None,
        "result": scanner.get_job_result(name) is not None,
        "trials": {
            trial: scanner.get_trial_result(name, trial) is not None
            for trial in scanner.list_trials(name)
        },
    }
print(json.dumps(said))
