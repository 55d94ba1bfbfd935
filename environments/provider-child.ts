import { readAccess } from '../harness/base/kube-client.ts'
import type { ClusterSpec, CreateOptions, Provider } from './provider.ts'

// Run by the provider contract as a process of its own: makes a cluster, prints its server, and waits to be killed.
const [file = '', name = '', text = ''] = process.argv.slice(2)
const { spec, owner, until } = JSON.parse(text) as {
  spec: ClusterSpec
  owner: CreateOptions['owner']
  until: 'up' | 'half'
}
const module = (await import(file)) as Record<string, () => Provider>
const provider = module[name]!()
let steps = 0
const cluster = await provider.create(spec, {
  owner,
  onProgress(): void {
    if (until !== 'half' || ++steps !== 2) return
    process.stdout.write('half\n')
    // nothing goes on from here: the process is killed in the middle of its work
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  },
})
const { server } = await readAccess(cluster.kubeconfig)
process.stdout.write(`${server}\n`)
setInterval(() => undefined, 60_000)
