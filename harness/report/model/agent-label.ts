import type { AgentIdentity } from '../../store/planned-trial.ts'

/** An agent in the words of `--agent`, which tell it from every other agent of a report. */
export function labelOfAgent({ name, model, effort, options = {} }: AgentIdentity): string {
  const [more] = ['script', 'file', 'mode', 'program'].flatMap((key) => options[key] ?? [])
  if (typeof more === 'string') return `${name}${name === 'oracle' ? ':' : '='}${more}`
  const variant = Object.entries({ ...options, effort })
    .filter(([key, value]) => key !== 'baseUrl' && typeof value === 'string')
    .map(([key, value]) => `,${key}=${String(value)}`)
  return `${name}${model === undefined ? '' : `=${model}`}${variant.join('')}`
}
