import { createKindProvider } from '../../../environments/kind/kind-provider.ts'
import { startOwnDocker, stopOwnDocker } from '../../../environments/kind/own-docker.ts'
import { InputError } from '../../base/errors.ts'
import { say } from '../output.ts'

/** Starts a dockerd of our own for kind; answers what to tell people. */
export async function fixDocker(): Promise<string> {
  const docker = await startOwnDocker({ owner: 'nobody', onProgress: say })
  return [
    'a dockerd of our own runs, in namespaces of its own; --cluster kind uses it',
    `  to talk to it: export DOCKER_HOST=${docker.env['DOCKER_HOST']}`,
    '  to end it:     kubemend doctor --fix docker --undo',
  ].join('\n')
}

/** Ends our dockerd with the kind clusters in it; a cluster that somebody is using stays, and so does the dockerd. */
export async function undoFixDocker(): Promise<string> {
  const kind = createKindProvider()
  await kind.removeLeftovers()
  const clusters = await kind.list()
  const inUse = clusters.filter((cluster) => cluster.owner === 'another-process')
  if (inUse.length > 0) {
    throw new InputError([`kind clusters are in use: ${inUse.map((cluster) => cluster.name).join(', ')}`], {
      hint: 'wait for their end, or end the processes that use them',
    })
  }
  for (const { name } of clusters) await (await kind.attach(name)).destroy()
  const removed = await stopOwnDocker()
  return removed.length > 0 ? removed.map((line) => `removed ${line}`).join('\n') : 'no dockerd of our own runs'
}
