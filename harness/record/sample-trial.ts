import type { TrialEvent } from './events.ts'
import type { ToolDefinition } from './gateway-event.ts'

export const kubectlTool: ToolDefinition = {
  name: 'kubectl',
  description: 'Runs kubectl.',
  inputSchema: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
  annotations: { readOnlyHint: false, destructiveHint: true },
}

const get = { command: 'get pods -n shop' }
const patch = { command: 'delete ns shop' }

/** A small trial as its events: for tests of everything that reads records. */
export const modelTrial: readonly TrialEvent[] = [
  {
    type: 'record-started',
    version: 1,
    trial: 'checkout__abc1234',
    task: 'checkout',
    agent: 'model',
    kubemend: '0.1.0',
  },
  { type: 'phase-started', phase: 'agent', span: 'span-1' },
  { type: 'gateway-opened', surface: 'kubectl', tools: [kubectlTool] },
  { type: 'agent-started', name: 'model', version: '0.1.0', model: 'a-model', usesModel: true },
  { type: 'prompt', role: 'system', text: 'You repair clusters.' },
  { type: 'prompt', role: 'user', text: 'Checkout is down.' },
  {
    type: 'agent-message',
    text: 'I look first.',
    reasoning: 'What is broken?',
    model: 'a-model',
    usage: { inputTokens: 900, outputTokens: 40, cachedTokens: 100 },
    costUsd: 0.01,
    toolCalls: [
      { id: 'toolu_1', tool: 'kubectl', arguments: get },
      { id: 'toolu_2', tool: 'kubectl', arguments: patch },
    ],
  },
  { type: 'tool-call-started', call: 'call-1', session: 's', tool: 'kubectl', arguments: get },
  { type: 'tool-call-started', call: 'call-2', session: 's', tool: 'kubectl', arguments: patch },
  {
    type: 'api-request',
    call: 'call-1',
    auditId: '6d0e',
    method: 'GET',
    path: '/api/v1/namespaces/shop/pods?limit=500',
    status: 200,
    isUpgrade: false,
    durationMs: 4,
    requestBytes: 0,
    responseBytes: 812,
  },
  {
    type: 'tool-call-finished',
    call: 'call-2',
    tool: 'kubectl',
    text: 'forbidden',
    isError: true,
    outcome: 'ran',
    exitCode: 1,
    durationMs: 31,
  },
  {
    type: 'tool-call-finished',
    call: 'call-1',
    tool: 'kubectl',
    text: 'NAME READY',
    isError: false,
    outcome: 'ran',
    exitCode: 0,
    durationMs: 45,
  },
  {
    type: 'agent-message',
    text: 'Done.',
    model: 'a-model',
    usage: { inputTokens: 1000, outputTokens: 10 },
    costUsd: 0.02,
  },
  { type: 'budget', kind: 'tool-calls', used: 2, limit: 2, state: 'spent' },
  { type: 'agent-ended', reason: 'budget' },
  { type: 'phase-ended', phase: 'agent', span: 'span-1', durationMs: 900 },
]
