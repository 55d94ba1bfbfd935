"""Kubemend's clusters as an environment of Harbor's.

    harbor run --path TASK --env kubemend_harbor:KubemendEnvironment --agent oracle

A trial is Kubemend's own (`kubemend serve`): its cluster, gateway, record and judgement. Harbor's commands run in
Kubemend's script sandbox, with the agent's identity. The moment Harbor brings the tests, the agent is over; Kubemend
judges from outside, and its reward is what Harbor finds. docs/harbor.md says what this way in gives up.
"""

import asyncio
import contextlib
import http.client
import json
import shutil
import signal
import socket
import tempfile
from pathlib import Path, PurePosixPath
from typing import override

from harbor.environments.base import BaseEnvironment, ExecResult
from harbor.environments.capabilities import EnvironmentCapabilities

# the sandbox's own; everything else can take files
SYSTEM = {"bin", "dev", "etc", "lib", "lib32", "lib64", "proc", "root", "run", "sbin", "sys", "usr"}


class KubemendEnvironment(BaseEnvironment):
    """One served trial. `kubemend` is the command to start, `flags` are more for `kubemend serve open`."""

    def __init__(self, *args, kubemend: str = "kubemend", flags: str = "", **kwargs):
        self._kubemend = kubemend.split()
        self._flags = flags.split()
        self._home = Path(tempfile.mkdtemp(prefix="kubemend-harbor-"))
        self._served = self._home / "served"
        self._box = self._home / "box"
        self._scripts = self._home / "scripts"
        self._scripts.mkdir()
        self._log = self._home / "serve.log"
        self._server: asyncio.subprocess.Process | None = None
        self._count = 0
        self._is_over = False
        super().__init__(*args, **kwargs)

    @staticmethod
    @override
    def type() -> str:
        return "kubemend"

    @property
    @override
    def capabilities(self) -> EnvironmentCapabilities:
        # a sandbox reaches the cluster and nothing else; compose files are read by Kubemend
        return EnvironmentCapabilities(disable_internet=True, docker_compose=True)

    @override
    def _validate_definition(self):
        if not (self.environment_dir.parent / "task.toml").exists():
            raise ValueError(f"{self.environment_dir}: a verifier's own environment is not one that kubemend makes")

    @override
    async def start(self, force_build: bool) -> None:
        self._box.mkdir()
        for name in ("agent", "verifier", "artifacts"):
            (self._box / "logs" / name).mkdir(parents=True)
        task = str(self.environment_dir.parent.resolve())
        command = [*self._kubemend, "serve", "open", task, "--dir", str(self._served), *self._flags]
        with self._log.open("ab") as log:
            self._server = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        while not (self._served / "door.json").exists():
            if self._server.returncode is not None:
                raise RuntimeError(f"kubemend could not serve {task}:\n{self._said()}")
            await asyncio.sleep(0.1)

    @override
    async def stop(self, delete: bool):
        if self._server is not None and self._server.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it may end by itself meanwhile
                for _ in range(2):  # the second does not wait for the agent
                    self._server.send_signal(signal.SIGTERM)
                    await asyncio.sleep(0.2)
            await self._server.wait()
        if delete:
            shutil.rmtree(self._home, ignore_errors=True)

    @override
    async def exec(
        self,
        command: str,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        timeout_sec: int | None = None,
        user: str | int | None = None,
    ) -> ExecResult:
        if self._is_over:
            return self._after_the_verdict()
        self._count += 1
        script = self._scripts / f"exec-{self._count}.sh"
        script.write_text(f"cd {cwd or self.task_env_config.workdir or '/'} || exit\n{command}\n")
        writable = {str(top): f"/{top.name}" for top in self._box.iterdir() if top.is_dir()}
        request = {
            "file": f"/exec/{script.name}",
            "mounts": {str(self._scripts): "/exec"},
            "writable": writable,
            "env": self._merge_env(env) or {},
        }
        ran = json.loads(await asyncio.wait_for(asyncio.to_thread(self._ask, request), timeout_sec))
        code = ran.get("exitCode")
        return ExecResult(stdout=ran["stdout"], stderr=ran["stderr"], return_code=1 if code is None else code)

    @override
    async def upload_file(self, source_path: Path | str, target_path: str):
        target = self._place(target_path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source_path, target)

    @override
    async def upload_dir(self, source_dir: Path | str, target_dir: str):
        if PurePosixPath(target_dir) == PurePosixPath("/tests"):
            return await self._judge()
        shutil.copytree(source_dir, self._place(target_dir), dirs_exist_ok=True)

    @override
    async def download_file(self, source_path: str, target_path: Path | str):
        shutil.copy2(self._place(source_path), target_path)

    @override
    async def download_dir(self, source_dir: str, target_dir: Path | str):
        shutil.copytree(self._place(source_dir), target_dir, dirs_exist_ok=True)

    async def _judge(self):
        """The tests are here, so the agent is over: Kubemend judges, and nothing of the agent's is left for it."""
        self._is_over = True
        evidence = self.trial_paths.trial_dir / "kubemend"
        command = [*self._kubemend, "serve", "close", str(self._served), "--evidence", str(evidence)]
        with self._log.open("ab") as log:
            closing = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        if await closing.wait() not in (0, 3):  # 3: invalid, which leaves no reward
            raise RuntimeError(f"kubemend could not judge:\n{self._said()}")
        logs = self._box / "logs" / "verifier"
        shutil.rmtree(logs)
        shutil.copytree(evidence / "verifier", logs)
        (logs / "kubemend.log").write_text(self._said())

    def _after_the_verdict(self) -> ExecResult:
        """The test script has run already, where the agent has never been."""
        return ExecResult(stdout="", stderr="", return_code=0)

    def _ask(self, request: dict) -> bytes:
        connection = http.client.HTTPConnection("door")
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.connect(str(self._served / "door.sock"))
        try:
            connection.request("POST", "/script", json.dumps(request))
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                raise RuntimeError(f"kubemend: {body.decode(errors='replace')}")
            return body
        finally:
            connection.close()

    def _place(self, path: str) -> Path:
        parts = PurePosixPath("/", path).parts[1:]
        if not parts or parts[0] in SYSTEM or ".." in parts:
            raise ValueError(f"{path}: the sandbox takes files anywhere but in the system's own folders")
        return self._box.joinpath(*parts)

    def _said(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]
