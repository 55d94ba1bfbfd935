import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mapDockerfile } from './map-dockerfile.ts'
import { mapRun } from './map-run.ts'

let context: string
beforeAll(async () => {
  context = await mkdtemp(path.join(os.tmpdir(), 'dockerfile-'))
  await mkdir(path.join(context, 'scripts'))
  for (const name of ['scripts/a.sh', 'scripts/b.sh', 'one.txt']) await writeFile(path.join(context, name), name)
})
afterAll(() => rm(context, { recursive: true, force: true }))

const map = (text: string, args: Record<string, string> = {}): ReturnType<typeof mapDockerfile> =>
  mapDockerfile({ text, context, args, hasProgram: (name) => name !== 'dig' })

describe('a toolbox Dockerfile becomes a box', () => {
  it('takes over files, environment, folder, user and command of the last stage', async () => {
    const { box, problems } = await map(
      [
        'ARG BASE=debian',
        'FROM ${BASE}:12 AS tools',
        'ARG VERSION=v1',
        'RUN curl -LO https://dl.k8s.io/release/${VERSION}/bin/linux/amd64/kubectl',
        'FROM ubuntu:24.04',
        'ARG PLACE=/opt/task',
        'ENV PLACE=$PLACE GREETING="hello there"',
        'ENV OLD style value',
        'COPY --from=tools /kubectl /usr/local/bin/',
        'WORKDIR $PLACE',
        'WORKDIR inside',
        'COPY scripts/*.sh ./bin/',
        'COPY --chmod=600 one.txt renamed.txt',
        'RUN useradd -m builder && chmod +x bin/a.sh && mkdir -p /data',
        'USER builder',
        'ENTRYPOINT ["bash", "-c"]',
        'CMD ["echo done"]',
      ].join('\n'),
      { PLACE: '/srv/task' },
    )
    expect(problems).toEqual([])
    expect(box).toMatchObject({
      environment: { PLACE: '/srv/task', GREETING: 'hello there', OLD: 'style value' },
      workdir: '/srv/task/inside',
      user: 'builder',
      entrypoint: ['bash', '-c'],
      command: ['echo done'],
      modes: [{ mode: '+x', paths: ['/srv/task/inside/bin/a.sh'] }],
    })
    expect(box.folders).toContain('/data')
    expect(box.files.map(({ to, mode }) => [to, mode])).toEqual([
      ['/srv/task/inside/bin/a.sh', undefined],
      ['/srv/task/inside/bin/b.sh', undefined],
      ['/srv/task/inside/renamed.txt', '600'],
    ])
  })

  it('names a package whose program this machine lacks, at its line', async () => {
    const { problems } = await map(
      'FROM debian:12\nRUN apt-get update && \\\n    apt-get install -y \\\n    # for lookups\n    dnsutils\n',
    )
    expect(problems).toEqual([{ line: 2, message: 'package dnsutils: this machine has no dig for the script sandbox' }])
  })
})

describe('a RUN instruction', () => {
  const fine = [
    'apt-get update && apt-get install -y --no-install-recommends bash=5.2 curl && rm -rf /var/lib/apt/lists/*',
    'apk add --no-cache bash curl jq',
    'set -eux; arch="$(dpkg --print-architecture)"; case "$arch" in amd64) arch=amd64 ;; *) exit 1 ;; esac; curl -fsSLo /usr/local/bin/kubectl "https://dl.k8s.io/release/v1.35.0/bin/linux/${arch}/kubectl"',
    'curl -LO "https://dl.k8s.io/release/$(curl -L -s https://dl.k8s.io/release/stable.txt)/bin/linux/amd64/kubectl" && install -o root -g root -m 0755 kubectl /usr/local/bin/kubectl',
    'echo "$(cat kubectl.sha256)  kubectl" | sha256sum --check',
    'kubectl version --client && jq --version',
  ]
  for (const text of fine)
    it(`is understood: ${text.slice(0, 60)}`, () => expect(mapRun(text)).toHaveProperty('changes'))

  const refused = [
    'curl https://example.com/install.sh | bash',
    'curl -o /usr/local/bin/kubectl https://example.com/kubectl',
    'X="$(curl https://example.com)"',
    'echo secret > /etc/passwd',
    'rm -rf /usr/local/bin',
    'python3 setup.py install',
    'apt-get update && make',
    'case "$x" in a) make ;; esac',
    '["make"]',
  ]
  for (const text of refused) it(`is refused: ${text}`, () => expect(mapRun(text)).toHaveProperty('problem'))
})
