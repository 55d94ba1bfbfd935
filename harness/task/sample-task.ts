import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Files of a task by their path; a Buffer for what is no text, and `undefined` for what is not to be there. */
export type TaskFiles = Record<string, string | Buffer | undefined>

/** A small task in order, for tests: files given here replace its own. */
export async function writeSampleTask(dir: string, files: TaskFiles = {}): Promise<string> {
  for (const [file, content] of Object.entries({ ...sampleTask, ...files })) {
    if (content === undefined) continue
    const place = path.join(dir, file)
    await mkdir(path.dirname(place), { recursive: true })
    await writeFile(place, content)
  }
  return dir
}

export const sampleTask: Readonly<Record<string, string>> = {
  'task.toml': `schema_version = "1.4"

[task]
name = "acme/checkout"
description = "Checkout cannot reach orders"

[metadata.kubemend]
kind = "repair"
difficulty = "easy"
category = "configuration"
tags = ["env"]
canary = "11111111-2222-4333-8444-555555555555"

[agent]
timeout_sec = 600

[environment]
docker_image = "kubemend/task:1"
`,
  'instruction.md': `<!-- kubemend canary 11111111-2222-4333-8444-555555555555 -->

Customers cannot check out since this morning.
`,
  'environment/cluster.yaml': `nodes:
  - name: node-1
  - name: node-2
    labels: { zone: b }
    taints: ["dedicated=batch:NoSchedule"]
    capacity: { cpu: 4 }
addons: [network-policy]
`,
  'environment/world/00-namespace.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
  'environment/world/10-checkout.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: checkout, namespace: shop }
spec:
  selector: { matchLabels: { app: checkout } }
  template:
    metadata: { labels: { app: checkout } }
    spec:
      containers:
        - name: app
          image: kubemend/echo:1
          env: [{ name: ORDERS, value: "http://orders:8080" }]
---
apiVersion: v1
kind: Service
metadata: { name: checkout, namespace: shop }
spec: { selector: { app: checkout }, ports: [{ port: 8080 }] }
`,
  'environment/fault/10-wrong-port.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: checkout, namespace: shop }
spec:
  template:
    spec:
      containers:
        - name: app
          env: [{ name: ORDERS, value: "http://orders:8081" }]
`,
  'solution/solve.sh': '#!/bin/bash\nkubectl set env deployment/checkout -n shop ORDERS=http://orders:8080\n',
  'tests/contract.yaml': `outcome:
  - deployment-available: { namespace: shop, name: checkout }
may-change:
  - deployment/checkout -n shop: ["spec.template.spec.containers[*].env"]
`,
  'tests/test.sh': '#!/bin/sh\nexec kubemend-verify /tests/contract.yaml\n',
}
