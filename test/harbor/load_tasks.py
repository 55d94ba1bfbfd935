"""Says of each task folder below a folder whether Harbor takes it for a task, and what it is called there, as JSON."""

import json
import sys
from pathlib import Path

from harbor.models.task.task import Task

said = {}
for folder in sorted(path.parent for path in Path(sys.argv[1]).rglob("task.toml")):
    try:
        valid = Task.is_valid_dir(folder)
        said[folder.name] = Task(folder).name if valid else None
    except Exception as error:  # every error is wanted, whatever it is
        said[folder.name] = f"error: {error}"
print(json.dumps(said))
