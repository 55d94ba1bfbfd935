"""Says what Harbor makes of each exported task below a folder, as JSON: where it is judged, and what the agent is given."""

import json
import sys
from pathlib import Path

from harbor.models.task.artifacts import sidecar_services
from harbor.models.task.task import Task
from harbor.models.task.verifier_mode import resolve_verifier_environment_definition

said = {}
for folder in sorted(path.parent for path in Path(sys.argv[1]).glob("*/task.toml")):
    try:
        task = Task(folder)
        verifier = resolve_verifier_environment_definition(task.config, task.paths)
        said[folder.name] = {
            "name": task.name if Task.is_valid_dir(folder) else None,
            "judgedIn": verifier and str(verifier.directory.relative_to(folder)),
            "servers": [server.url for server in task.config.environment.mcp_servers],
            "sidecars": sorted(sidecar_services(task.config.artifacts)),
            "artifacts": [a if isinstance(a, str) else a.source for a in task.config.artifacts],
        }
    except Exception as error:  # every error is wanted, whatever it is
        said[folder.name] = f"error: {error}"
print(json.dumps(said))
