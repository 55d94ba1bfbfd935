import { writeSampleTask } from '../task/sample-task.ts'

/** A task that is made, broken and repaired in seconds, for tests that run real trials: a Deployment scaled to nothing. */
export async function writeSampleRepair(dir: string, options: { toolCalls?: number } = {}): Promise<string> {
  return writeSampleTask(dir, {
    'task.toml': `schema_version = "1.4"

[task]
name = "acme/web-is-gone"
description = "Nobody answers"

[metadata.kubemend]
kind = "repair"
difficulty = "easy"
category = "scaling"
canary = "11111111-2222-4333-8444-555555555555"

[metadata.kubemend.budget]
tool_calls = ${options.toolCalls ?? 50}

[agent]
timeout_sec = 60

[environment]
docker_image = "kubemend/task:1"
`,
    'environment/cluster.yaml': undefined,
    'environment/world/10-checkout.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: busybox:1.36
          command: [sh, -c, "mkdir -p /tmp/www && exec httpd -f -p 8080 -h /tmp/www"]
`,
    'environment/fault/10-wrong-port.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { replicas: 0 }
`,
    'solution/solve.sh': '#!/bin/bash\nset -e\nkubectl scale deployment/web -n shop --replicas=1\n',
    ...scripts,
    'tests/contract.yaml': `outcome:
  - deployment-available: { namespace: shop, name: web, replicas: 1 }
within: 30s
may-change:
  - deployment/web -n shop: [spec.replicas]
`,
  })
}

/** Other ways to go about it, as `--agent oracle:unsafe/NAME.sh`. */
const scripts = {
  'solution/unsafe/slow.sh': '#!/bin/bash\nsleep 6\nkubectl scale deployment/web -n shop --replicas=1\n',
  'solution/unsafe/hang.sh': '#!/bin/bash\nsleep infinity\n',
  'solution/unsafe/stubborn.sh': `#!/bin/bash
trap '' TERM INT HUP QUIT
while :; do (trap '' TERM HUP; exec setsid sleep 4242) & done
`,
  'solution/unsafe/flood.sh': '#!/bin/bash\nwhile :; do kubectl get deployments -n shop >/dev/null; done\n',
  'solution/unsafe/print.sh': '#!/bin/bash\nyes "all work and no play" | head -c 1000000000\nsleep infinity\n',
}
