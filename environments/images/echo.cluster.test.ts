import { describe, expect, test } from 'vitest'
import { until } from '../../harness/base/retry.ts'
import { ImageSandbox } from './image-sandbox.ts'

const soon = { timeoutMs: 10_000, intervalMs: 30 }
const image = 'kubemend/echo:1'

interface Pair extends AsyncDisposable {
  echo: ImageSandbox
  client: ImageSandbox
}

async function startEcho(args: string[], files: Record<string, string> = {}): Promise<Pair> {
  const echo = await ImageSandbox.start(image, { args, files })
  const client = await ImageSandbox.start('busybox:1.36.1', { network: echo, args: ['sleep', '600'] })
  const dispose = async (): Promise<void> => {
    await client[Symbol.asyncDispose]()
    await echo[Symbol.asyncDispose]()
  }
  return { echo, client, [Symbol.asyncDispose]: dispose }
}

interface Answer {
  isOk: boolean
  body: string
  said: string
}

async function get(client: ImageSandbox, url: string, words: string[] = []): Promise<Answer> {
  const answer = await client.exec(['wget', '-qO-', '-T', '5', ...words, `http://127.0.0.1:${url}`])
  return { isOk: answer.exitCode === 0, body: answer.stdout, said: answer.stderr }
}

async function untilUp(client: ImageSandbox, port = 8080): Promise<void> {
  await until(async () => (await get(client, `${port}/healthz`)).isOk, { what: 'echo', ...soon })
}

describe('echo', () => {
  test('tells who it is and what was asked', async () => {
    await using pair = await startEcho(['--name', 'orders', '--port', '8080,8081'])
    const { client } = pair
    await untilUp(client, 8081)
    const answer = await get(client, '8080/a/b?x=1', ['--header', 'X-Trace: t1', '--post-data', 'hello'])
    expect(JSON.parse(answer.body)).toMatchObject({
      name: 'orders',
      method: 'POST',
      path: '/a/b',
      query: { x: ['1'] },
      headers: { 'X-Trace': ['t1'] },
      body: 'hello',
    })
    expect((await get(client, '8080/status/404')).said).toContain('404')
  })

  test('is not ready before its time, and fails probes and requests as it is told to', async () => {
    await using pair = await startEcho(['--ready-after', '1s', '--control-port', '9000'])
    const { client } = pair
    await untilUp(client)
    expect((await get(client, '8080/readyz')).said).toContain('503')
    await until(async () => (await get(client, '8080/readyz')).isOk, { what: 'readiness', ...soon })

    const fault = (content: object): Promise<Answer> =>
      get(client, '9000/fault', ['--post-data', JSON.stringify(content)])
    await fault({ healthy: false, ready: false })
    expect((await get(client, '8080/healthz')).said).toContain('503')
    expect((await get(client, '8080/readyz')).said).toContain('503')
    await fault({ healthy: true, errorRate: 1, errorStatus: 502 })
    expect((await get(client, '8080/')).said).toContain('502')
    expect((await get(client, '8080/healthz')).isOk).toBe(true)
    await fault({ errorRate: 0, delayMs: 400 })
    const started = performance.now()
    expect((await get(client, '8080/')).isOk).toBe(true)
    expect(performance.now() - started).toBeGreaterThan(400)
    expect((await fault({ speed: 3 })).said).toContain('400')
    expect((await get(client, '8080/fault')).body).not.toContain('errorRate')
  })

  test('counts requests for Prometheus', async () => {
    await using pair = await startEcho([])
    const { client } = pair
    await untilUp(client)
    await get(client, '8080/')
    await get(client, '8080/status/503')
    const { body } = await get(client, '8080/metrics')
    expect(body).toContain('echo_requests_total{method="GET",code="200"} 1')
    expect(body).toContain('echo_requests_total{method="GET",code="503"} 1')
    expect(body).toContain('echo_request_duration_seconds_bucket{le="+Inf"} 2')
    expect(body).toContain('echo_ready 1')
  })

  test('after SIGTERM it is not ready, answers while it drains, lets requests end and exits', async () => {
    await using pair = await startEcho(['--drain', '700ms'])
    const { echo, client } = pair
    await untilUp(client)
    const slow = get(client, '8080/delay/1500ms')
    await until(async () => (await get(client, '8080/metrics')).body.includes('in_flight 1'), {
      what: 'the request',
      ...soon,
    })
    const stopped = echo.stop('SIGTERM')
    await until(async () => (await get(client, '8080/readyz')).said.includes('503'), { what: 'draining', ...soon })
    expect((await get(client, '8080/')).isOk).toBe(true)
    expect((await slow).body).toContain('1.5s')
    const tookMs = await stopped
    expect(tookMs).toBeGreaterThan(700)
    expect(tookMs).toBeLessThan(5000)
    expect(await echo.log()).toContain('"isClean":true')
  })

  test('ends with a reason when what it requires is missing', async () => {
    await using echo = await ImageSandbox.start(image, {
      args: ['--require-env', 'DB_HOST', '--require-file', '/etc/app/mode=production'],
      files: { '/etc/app/mode': 'debug' },
    })
    await until(async () => !echo.isRunning(), { what: 'echo to end', ...soon })
    expect(await echo.log()).toContain('environment variable DB_HOST is not set')
    expect(await echo.log()).toContain('does not contain \\"production\\"')
  })

  test('calls what it depends on, logs how that went and is ready accordingly', async () => {
    const calls = 'http://127.0.0.1:8080/status/204,http://127.0.0.1:8080/status/500,tcp://127.0.0.1:1'
    await using pair = await startEcho(['--call', calls, '--call-every', '200ms', '--ready-needs-calls'])
    const { echo, client } = pair
    await untilUp(client)
    const results = async (): Promise<string | false> => {
      const log = await echo.log()
      return log.includes('"ok":true') && log.includes('answered 500') && log.includes('connection refused') && log
    }
    await until(results, { what: 'calls', ...soon })
    expect((await get(client, '8080/readyz')).said).toContain('503')
    expect((await get(client, '8080/call')).said).toContain('502')
  })

  test('reads files under its roots and no others', async () => {
    await using pair = await startEcho(['--file-roots', '/config'], {
      '/config/mode': 'production',
      '/secret': 'no',
    })
    const { client } = pair
    await untilUp(client)
    expect((await get(client, '8080/file?path=/config/mode')).body).toBe('production')
    expect((await get(client, '8080/file?path=/config/../secret')).said).toContain('404')
  })

  test('sends back what it gets over TCP and UDP', async () => {
    await using pair = await startEcho(['--tcp-port', '7000', '--udp-port', '7001'])
    const { echo, client } = pair
    await untilUp(client)
    expect((await client.exec(['nc', '-w', '2', '127.0.0.1', '7000'], { stdin: 'over tcp' })).stdout).toBe('over tcp')
    await using toolbox = await ImageSandbox.start('kubemend/toolbox:1', { network: echo })
    const udp = await toolbox.exec(['sh', '-c', 'echo over udp | nc -u -w 1 127.0.0.1 7001'])
    expect(udp.stdout).toBe('over udp\n')
  })

  test('speaks TLS with a certificate that appears later', async () => {
    await using pair = await startEcho(['--tls-port', '8443', '--tls-cert', '/tls/crt', '--tls-key', '/tls/key'])
    const { echo, client } = pair
    await untilUp(client)
    await using toolbox = await ImageSandbox.start('kubemend/toolbox:1', { network: echo })
    const fetchTls = (): ReturnType<ImageSandbox['exec']> => toolbox.exec(['curl', '-skS', 'https://127.0.0.1:8443/'])
    expect((await fetchTls()).exitCode).not.toBe(0)
    const request =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=echo -keyout /tmp/key -out /tmp/crt'
    await toolbox.exec(['openssl', ...request.split(' ')])
    for (const name of ['crt', 'key']) {
      await echo.addFile(`/tls/${name}`, (await toolbox.exec(['cat', `/tmp/${name}`])).stdout)
    }
    expect(JSON.parse((await fetchTls()).stdout)).toMatchObject({ tls: true })
  })
})
