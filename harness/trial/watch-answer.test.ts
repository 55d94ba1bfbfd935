import { mkdtempDisposable } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { GatewayEvent } from '../record/gateway-event.ts'
import { writeSampleTask } from '../task/sample-task.ts'
import { watchAnswer } from './watch-answer.ts'

/** A policy as a solution's here-document has it, and as kubectl shows it ever after. */
const manifest = [
  'kind: NetworkPolicy',
  '  - namespaceSelector:',
  '        kubernetes.io/metadata.name: delivery',
  '        app.kubernetes.io/name: basket-api',
  '    app.kubernetes.io/component: storage',
]

const solution = [
  '#!/bin/bash',
  '# what is wrong is the port of the orders',
  'set -euo pipefail',
  'kubectl set env deployment/checkout -n shop ORDERS_URL=http://orders:8080',
  'kubectl rollout status deployment/checkout -n shop --timeout=60s',
  'kubectl get pods -n shop --selector=app=checkout --output=wide',
]

/** What is said of an agent whose tools answered so. */
async function verdictOn(...answers: string[]) {
  await using dir = await mkdtempDisposable(path.join(os.tmpdir(), 'kubemend-answer-'))
  const task = await writeSampleTask(dir.path, {
    'tests/contract.yaml': `outcome:
  - deployment-available: { namespace: shop, name: checkout, replicas: 2 }
  - http-answers: { from: deployment/web, namespace: shop, url: "http://checkout/" }
`,
    'solution/solve.sh': `${[...solution, ...manifest].join('\n')}\n`,
  })
  const watch = await watchAnswer({ dir: task, instruction: 'Nobody can check out.' })
  for (const [i, text] of answers.entries()) {
    watch.saw({ type: 'tool-call-finished', call: `call-${i + 1}`, text } as GatewayEvent)
  }
  return watch.verdict()
}

describe('watchAnswer', () => {
  it('finds the solution in what one call was answered, wherever its lines stand', async () => {
    expect(await verdictOn('deployment.apps/checkout', solution.map((line) => `  | ${line}`).join('\n'))).toMatchObject(
      {
        status: 'not-met',
        because: 'a tool told the agent what is written in solution/solve.sh (call-2)',
      },
    )
  })

  it('takes one line for the agent’s own words, and lines over many calls too', async () => {
    expect(await verdictOn(...solution)).toMatchObject({ status: 'met' })
  })

  it('does not mind that a repaired object looks as the solution wrote it', async () => {
    expect(await verdictOn(manifest.join('\n'))).toMatchObject({ status: 'met' })
  })

  it('finds the contract, whose lines no object shows', async () => {
    const lines = [
      '- deployment-available: { namespace: shop, name: checkout, replicas: 2 }',
      '- http-answers: { from: deployment/web, namespace: shop, url: "http://checkout/" }',
    ]
    expect(await verdictOn(`outcome:\n  ${lines.join('\n  ')}`)).toMatchObject({
      because: 'a tool told the agent what is written in tests/contract.yaml (call-1)',
    })
  })

  it('does not mind comments and what every script begins with', async () => {
    expect(await verdictOn(solution.slice(0, 3).join('\n'))).toMatchObject({ status: 'met' })
  })
})
