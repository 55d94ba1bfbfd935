import { fileURLToPath } from 'node:url'
import { describeProvider } from '../provider.contract.ts'
import type { FakeCluster } from './fake-cluster.ts'
import { createFakeProvider } from './fake-provider.ts'

describeProvider('fake', () => ({
  provider: createFakeProvider({ hasImage: (image) => !image.includes('no-such-image') }),
  factory: { file: fileURLToPath(new URL('./fake-provider.ts', import.meta.url)), name: 'createFakeProvider' },
  livesInProcess: true,
  image: 'busybox:1.36',
  async breakComponent(cluster) {
    await (cluster as FakeCluster).breakComponent('kube-apiserver')
    return 'kube-apiserver'
  },
}))
