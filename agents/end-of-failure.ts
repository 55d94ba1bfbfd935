import type { AgentEnd } from './agent.ts'
import { isProviders, type FailureKind, type ModelFailure } from './provider-failure.ts'

/** How an agent ends whose model failed: as the provider's failure or as its own. */
export function endOfFailure({ kind, message }: ModelFailure): AgentEnd {
  return {
    reason: isProviders(kind) ? 'provider' : 'error',
    because: `${sentences[kind]}: ${message}`,
    errorType: errorTypes[kind],
  }
}

const sentences: Record<FailureKind, string> = {
  'rate-limit': "the model's provider limits the rate of requests",
  overload: "the model's provider is overloaded or broken",
  quota: "the account's quota or credit is used up",
  auth: 'not logged in: the provider refuses the key',
  'no-model': 'the provider has no such model',
  connection: 'the connection to the provider broke',
  stalled: 'the provider stopped answering',
  'bad-request': 'the provider refuses the request as malformed',
  'too-long': 'the conversation is longer than the model can hold',
  refusal: 'the model refuses to go on',
  malformed: 'the model makes no valid tool calls',
  empty: 'the model has nothing to say',
}

/** Harbor's classes of the same. */
const errorTypes: Record<FailureKind, string> = {
  'rate-limit': 'ApiRateLimitError',
  overload: 'ApiOverloadedError',
  quota: 'ApiUsageLimitError',
  auth: 'AgentAuthenticationError',
  'no-model': 'ModelNotFoundError',
  connection: 'ApiConnectionClosedError',
  stalled: 'ApiResponseStalledError',
  'bad-request': 'UnknownApiError',
  'too-long': 'ContextWindowExceededError',
  refusal: 'AgentSafetyRefusalError',
  malformed: 'NonZeroAgentExitCodeError',
  empty: 'NonZeroAgentExitCodeError',
}
