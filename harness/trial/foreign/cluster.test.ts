import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { rewriteKubeconfig } from './cluster.ts'

describe('a kubeconfig that a task wrote', () => {
  it('points at the cluster from here, whatever it called it, and keeps whose it is', () => {
    const text =
      'clusters: [{ name: local, cluster: { server: "https://k3s:6443", tls-server-name: k3s, certificate-authority-data: Q0E= } }]\nusers: [{ name: operator, user: { token: secret } }]\n'
    const rewritten = rewriteKubeconfig(text, 'https://127.0.0.1:4711')
    expect(typeof rewritten === 'string' && parse(rewritten)).toEqual({
      clusters: [
        { name: 'local', cluster: { server: 'https://127.0.0.1:4711', 'certificate-authority-data': 'Q0E=' } },
      ],
      users: [{ name: 'operator', user: { token: 'secret' } }],
    })
  })

  it('is a problem when it is none', () => {
    expect(rewriteKubeconfig('{', 'https://x')).toEqual({ problem: 'it is not YAML' })
    expect(rewriteKubeconfig('', 'https://x')).toEqual({ problem: 'it names no cluster' })
    expect(rewriteKubeconfig('clusters: [{ name: a }]', 'https://x')).toEqual({
      problem: 'one of its clusters is empty',
    })
  })
})
