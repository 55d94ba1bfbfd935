import { describe, expect, it } from 'vitest'
import type { CommandResult } from '../../harness/base/command.ts'
import { ended, judge, neverRan, object, podOf } from '../sample-cluster.ts'
import { envIs } from './env-is.ts'

const owner = object('deployment', 'web', { spec: { selector: { matchLabels: { app: 'web' } } } })
const set = object('replicaset', 'web-1', {
  metadata: { ownerReferences: [{ kind: 'Deployment', name: 'web', uid: owner.metadata.uid, controller: true }] },
})
const pod = podOf(set, 'web-1-a')
pod.metadata.labels = { app: 'web' }
const params = { workload: 'deployment/web', namespace: 'shop', name: 'MODE' }

describe('env-is', () => {
  it('reads what the container was started with', async () => {
    const exec = withEnv('PATH=/bin\nTEXT=a\nb=not a variable? yes\nMODE=live\n')
    expect(await judged({ equals: 'live' }, exec)).toBe('met MODE in pod/web-1-a is as it should be')
    expect(await judged({ equals: 'test' }, exec)).toBe('not-met MODE in pod/web-1-a is "live", not "test"')
    expect(await judged({ absent: true }, exec)).toBe('not-met MODE in pod/web-1-a is set')
    expect(await judged({ name: 'NONE' }, exec)).toBe('not-met NONE in pod/web-1-a is not set')
    expect(await judged({ name: 'NONE', absent: true }, exec)).toMatch(/^met/)
  })

  it('reads values of several lines', async () => {
    expect(await judged({ equals: 'a\n b\nc' }, withEnv('MODE=a\n b\nc\nPATH=/bin\n'))).toMatch(/^met/)
  })

  it('reads /proc where there is no env', async () => {
    const exec = async (_: object, argv: string[]): Promise<CommandResult> =>
      argv[0] === 'sh' ? ended(0, 'sh\ncat\n') : ended(0, 'A=1\0MODE=a\nb\0')
    expect(await judged({ equals: 'a\nb' }, exec)).toMatch(/^met/)
  })

  it('cannot tell where there is nothing to read it with', async () => {
    const exec = async (): Promise<CommandResult> =>
      neverRan('Internal error occurred: exec: "sh": executable file not found in $PATH')
    expect(await judged({ equals: 'live' }, exec)).toMatch(/^unknown .*its image has none of env and cat/)
  })
})

type Exec = (pod: object, argv: string[]) => Promise<CommandResult>

function withEnv(text: string): Exec {
  return async (_, argv) => (argv[0] === 'env' ? ended(0, text) : ended(0, 'sh\nenv\n'))
}

function judged(more: object, exec: Exec): Promise<string> {
  return judge(envIs, { ...params, ...more }, [owner, set, pod], { exec })
}
