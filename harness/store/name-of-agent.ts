import type { AgentIdentity } from './planned-trial.ts'

/** An agent in the words of `--agent`, which tell it from every other agent, on the command line and in reports. */
export function nameOfAgent({ name, model, effort, options = {} }: AgentIdentity): string {
  const [more] = ['script', 'file', 'mode', 'program'].flatMap((key) => options[key] ?? [])
  if (typeof more === 'string') return `${name}${name === 'oracle' ? ':' : '='}${more}`
  const variant = Object.entries({ ...options, effort })
    .filter(([key, value]) => key !== 'baseUrl' && typeof value === 'string')
    .map(([key, value]) => `,${key}=${String(value)}`)
  return `${name}${model === undefined ? '' : `=${model}`}${variant.join('')}`
}
