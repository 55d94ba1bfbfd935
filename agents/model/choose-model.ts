import type { LanguageModel } from 'ai'
import { InputError } from '../../harness/base/errors.ts'

/** A way to models: who serves them, and how one says who one is. */
interface ModelProvider {
  /** The environment variables that may hold the key, the first the one that people are told of. */
  keys: readonly string[]
  load(model: string, access: ModelAccess): Promise<LanguageModel>
}

export interface ModelAccess {
  apiKey: string
  baseUrl: string | undefined
}

/** Their packages are loaded when they are used, and only then. */
const providers: Record<string, ModelProvider> = {
  anthropic: {
    keys: ['ANTHROPIC_API_KEY'],
    async load(model, access) {
      const { createAnthropic } = await import('@ai-sdk/anthropic')
      return createAnthropic(settings(access))(model)
    },
  },
  openai: {
    keys: ['OPENAI_API_KEY'],
    async load(model, access) {
      const { createOpenAI } = await import('@ai-sdk/openai')
      return createOpenAI(settings(access)).responses(model)
    },
  },
  google: {
    keys: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    async load(model, access) {
      const { createGoogleGenerativeAI } = await import('@ai-sdk/google')
      return createGoogleGenerativeAI(settings(access))(model)
    },
  },
  /** Whatever speaks Chat Completions: Ollama, vLLM, llama.cpp, a proxy. Most want no key. */
  local: {
    keys: [],
    async load(model, { apiKey, baseUrl }) {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
      const key = apiKey === '' ? {} : { apiKey }
      return createOpenAICompatible({ name: 'local', baseURL: baseUrl ?? '', includeUsage: true, ...key })(model)
    },
  },
}

/** A model as people write it, `provider/name`, with what it takes to reach it. */
export interface ModelChoice {
  provider: string
  model: string
  access: ModelAccess
}

/** Finds the provider and the key; says in one line what is missing. */
export function chooseModel(
  text: string,
  {
    baseUrl,
    env,
    flag = '--agent model=',
  }: { baseUrl?: string | undefined; env: Record<string, string | undefined>; flag?: string },
): ModelChoice {
  const [, name = '', model = ''] = /^([^/]*)\/(.+)$/.exec(text) ?? []
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined
  if (provider === undefined || model === '') {
    const forms = Object.keys(providers).map((known) => `${known}/NAME`)
    throw new InputError([`${flag}${text}: expected one of ${forms.join(', ')}`])
  }
  if (name === 'local' && baseUrl === undefined)
    throw new InputError([`${flag}${text}: expected --base-url, such as http://127.0.0.1:11434/v1`])
  const apiKey = name === 'local' ? env['LOCAL_API_KEY'] : provider.keys.map((key) => env[key]).find(Boolean)
  if (apiKey === undefined && name !== 'local')
    throw new InputError([`${flag}${text}: set ${provider.keys[0]} to your API key`])
  return { provider: name, model, access: { apiKey: apiKey ?? '', baseUrl } }
}

/** Loads the provider's package and makes the model. */
export function loadModel({ provider, model, access }: ModelChoice): Promise<LanguageModel> {
  return providers[provider]!.load(model, access)
}

function settings({ apiKey, baseUrl }: ModelAccess): { apiKey: string; baseURL?: string } {
  return { apiKey, ...(baseUrl === undefined ? {} : { baseURL: baseUrl }) }
}
