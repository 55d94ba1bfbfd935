// The texts of an exported task's containers. Docker builds them; nothing here runs on this machine.

/** Where the gateway is, for whoever is in `main`. */
export const gatewayPort = 7400
export const service = 'kubemend'
const canary = (id: string | undefined): string => (id === undefined ? '' : `# kubemend canary ${id}\n`)

/** Where the agent works: a shell, and the network to the gateway. */
export function mainDockerfile(id: string | undefined): string {
  return `${canary(id)}FROM debian:trixie-slim
RUN apt-get update \\
 && apt-get install --yes --no-install-recommends bash ca-certificates curl git jq procps python3 tar \\
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
`
}

/** Where the agent works on files. */
export function workspaceDockerfile(id: string | undefined): string {
  return `${mainDockerfile(id)}COPY workspace/ /app/\n`
}

/** The cluster, the gateway, and everything that must stay out of the agent's reach. */
export function clusterDockerfile(folder: string): string {
  return `ARG NODE_IMAGE=node:24-trixie-slim
ARG GO_IMAGE=golang:1.26-trixie
FROM \${NODE_IMAGE} AS node
FROM \${GO_IMAGE}
RUN apt-get update \\
 && apt-get install --yes --no-install-recommends bash bubblewrap ca-certificates conntrack iproute2 iptables kmod nftables procps tar util-linux \\
 && rm -rf /var/lib/apt/lists/*
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV KUBEMEND_CACHE=/var/cache/kubemend KUBEMEND_STATE=/var/lib/kubemend
COPY kubemend.tgz /opt/kubemend.tgz
RUN npm install --global --omit=dev --no-audit --no-fund /opt/kubemend.tgz
COPY task/ /tasks/${folder}/
RUN kubemend prepare /tasks/${folder}
COPY serve.sh /usr/local/bin/serve-task
ENTRYPOINT ["bash", "/usr/local/bin/serve-task", "/tasks/${folder}"]
`
}

/** Stays when the trial is over, so that its evidence can be fetched; ends when it could not begin. */
export const serveScript = `#!/bin/bash
# serve-task TASK FLAGS...
# control groups that hold processes can have none below them
if [ -w /sys/fs/cgroup/cgroup.subtree_control ]; then
  mkdir -p /sys/fs/cgroup/init
  while read -r pid; do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs; done </sys/fs/cgroup/cgroup.procs 2>/dev/null
fi
kubemend serve open "$@" &
server=$!
trap 'kill -TERM $server; kill -TERM $server; wait $server; exit 0' TERM INT
wait $server
[ -f /run/kubemend/door.json ] || exit 1
sleep infinity &
wait $!
`

/** Main waits for a broken cluster; the cluster's container is the only one with rights. */
export function composeFile(keyHash: string): string {
  return `services:
  main:
    depends_on:
      ${service}:
        condition: service_healthy

  ${service}:
    build:
      context: ./${service}
    privileged: true
    cgroup: private
    init: true
    command:
      - --dir=/run/kubemend
      - --listen=0.0.0.0:${gatewayPort}
      - --key-hash=${keyHash}
      - --cluster=node
    volumes:
      - state:/var/lib/kubemend
    healthcheck:
      test: ["CMD", "test", "-f", "/run/kubemend/door.json"]
      interval: 2s
      timeout: 5s
      start_period: 900s
      retries: 3
    stop_grace_period: 60s

volumes:
  state: {}
`
}

/** The verifier's own image: a contract, and the program that judges by it. */
export function testsDockerfile(): string {
  return `FROM node:24-trixie-slim
COPY . /tests/
RUN printf '#!/bin/sh\\nexec node /tests/kubemend-verify.mjs "$@"\\n' >/usr/local/bin/kubemend-verify \\
 && chmod 0755 /usr/local/bin/kubemend-verify /tests/test.sh
`
}

/** The oracle is in main, and the cluster is not: its script sends itself there, where it runs as the agent. */
export function sendWhereNoCluster(script: string): string {
  const [first = '', ...rest] = script.split('\n')
  return [first, ...sending.split('\n'), ...rest].join('\n')
}

const sending = `# In Harbor this runs in main, which has no cluster: the folder is sent to the cluster's container, and run there.
if ! command -v kubectl >/dev/null; then
  set -euo pipefail
  tar --create --directory /solution --exclude ./key . |
    curl --silent --show-error --fail-with-body --max-time 3600 --data-binary @- \\
      --header "Authorization: Bearer $(cat /solution/key)" "http://${service}:${gatewayPort}/script/solve.sh"
  exit
fi`

/** Ends the agent's part, waits for the verdict and lays the evidence where Harbor fetches it. */
export const collectCommand = 'kubemend serve close /run/kubemend --evidence /evidence'
