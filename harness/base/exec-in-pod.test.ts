import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { execInPod } from './exec-in-pod.ts'

let server: http.Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const pod = { namespace: 'shop', name: 'web-1', container: 'main' }
const asked: string[] = []

/** An API server for one command: it speaks the protocol, and does what the test says instead of running anything. */
async function serve(behave: (socket: WebSocket) => void): Promise<{ server: string; token: string }> {
  asked.length = 0
  server = http.createServer((_, res) =>
    res.writeHead(404).end('{"kind":"Status","status":"Failure","message":"pods \\"web-1\\" not found"}'),
  )
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false })
  server.on('upgrade', (req, socket, head) => {
    asked.push(`${req.url} ${req.headers.authorization}`)
    sockets.handleUpgrade(req, socket, head, behave)
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'secret' }
}

function say(socket: WebSocket, channel: number, text: string): void {
  socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]))
}

const limits = { timeoutMs: 5_000, maxBytes: 1000 }

it('a command that ends well: what it printed, on both streams', async () => {
  const access = await serve((socket) => {
    say(socket, 1, 'one ')
    say(socket, 2, 'and a warning')
    say(socket, 1, 'two')
    say(socket, 3, '{"status":"Success"}')
    socket.close()
  })
  const result = await execInPod(access, pod, ['echo', 'a b', '&c'], limits)
  expect(result).toMatchObject({ exitCode: 0, stdout: 'one two', stderr: 'and a warning', isTruncated: false })
  expect(asked).toEqual([
    '/api/v1/namespaces/shop/pods/web-1/exec?command=echo&command=a+b&command=%26c&container=main&stdout=true&stderr=true Bearer secret',
  ])
})

it('a command that ends with a code has that code', async () => {
  const causes = [{ reason: 'ExitCode', message: '7' }]
  const access = await serve((socket) => {
    say(socket, 2, 'refused')
    say(socket, 3, JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes } }))
    socket.close()
  })
  expect(await execInPod(access, pod, ['curl'], limits)).toMatchObject({ exitCode: 7, stderr: 'refused' })
})

it('a command that could not be begun has no code, and the reason', async () => {
  const message = 'exec: "curl": executable file not found in $PATH'
  const access = await serve((socket) => {
    say(socket, 3, JSON.stringify({ status: 'Failure', reason: 'InternalError', message }))
    socket.close()
  })
  expect(await execInPod(access, pod, ['curl'], limits)).toMatchObject({ exitCode: undefined, stderr: message })
})

it.each([
  ['a refusal', '/refuse', /pods "web-1" not found/],
  ['nobody there', 'http://127.0.0.1:9', /ECONNREFUSED/],
])('%s is an end without a code, not an exception', async (_, where, because) => {
  const access = await serve((socket) => socket.close())
  if (where === '/refuse') server!.removeAllListeners('upgrade')
  else access.server = where
  const result = await execInPod(access, pod, ['true'], limits)
  expect(result).toMatchObject({ exitCode: undefined, stderr: expect.stringMatching(because) })
})

it('a connection that breaks says so', async () => {
  const access = await serve((socket) => {
    say(socket, 1, 'half a l')
    socket.terminate()
  })
  const result = await execInPod(access, pod, ['cat'], limits)
  expect(result).toMatchObject({ exitCode: undefined, stderr: 'the connection was closed', isTimedOut: false })
})

it('what does not end is left in time, and so is what floods', async () => {
  const access = await serve((socket) => {
    const flood = setInterval(() => say(socket, 1, 'x'.repeat(600)), 5)
    socket.on('close', () => clearInterval(flood))
  })
  const result = await execInPod(access, pod, ['yes'], { timeoutMs: 200, maxBytes: 1000 })
  expect(result).toMatchObject({ exitCode: undefined, isTimedOut: true, isTruncated: true, stdout: 'x'.repeat(1000) })
})

it('whoever is interrupted leaves at once', async () => {
  const access = await serve(() => undefined)
  const result = await execInPod(access, pod, ['sleep'], { ...limits, signal: AbortSignal.abort() })
  expect(result).toMatchObject({ exitCode: undefined, isTimedOut: false, stderr: 'interrupted' })
})
