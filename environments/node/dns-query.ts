import net from 'node:net'

/** Asks a name server inside a cluster, over TCP through the portal, and answers the IPv4 addresses it gave. */
export function queryDns(dialSocket: string, server: string, name: string, timeoutMs = 2_000): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(dialSocket)
    const received: Buffer[] = []
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`${server} did not answer for ${name}`)))
    socket.on('connect', () => {
      socket.write(`${server}:53\n`)
      socket.write(encodeQuestion(name))
    })
    socket.on('data', (chunk) => {
      received.push(chunk)
      const whole = Buffer.concat(received)
      if (whole.length < 2 || whole.length < 2 + whole.readUInt16BE(0)) return
      socket.destroy()
      resolve(decodeAddresses(whole.subarray(2)))
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`${server} closed the connection`)))
  })
}

function encodeQuestion(name: string): Buffer {
  const labels = name.split('.').filter(Boolean)
  const encodedName = Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ])
  const header = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  const message = Buffer.concat([header, encodedName, Buffer.from([0, 1, 0, 1])])
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

function decodeAddresses(message: Buffer): string[] {
  const questions = message.readUInt16BE(4)
  const answers = message.readUInt16BE(6)
  let offset = 12
  for (let i = 0; i < questions; i++) offset = skipName(message, offset) + 4
  const addresses: string[] = []
  for (let i = 0; i < answers; i++) {
    offset = skipName(message, offset)
    const type = message.readUInt16BE(offset)
    const length = message.readUInt16BE(offset + 8)
    const data = message.subarray(offset + 10, offset + 10 + length)
    if (type === 1) addresses.push([...data].join('.'))
    offset += 10 + length
  }
  return addresses
}

function skipName(message: Buffer, start: number): number {
  let offset = start
  for (;;) {
    const length = message[offset]
    if (length === undefined) throw new Error('a malformed DNS answer')
    if (length === 0) return offset + 1
    if (length >= 0xc0) return offset + 2
    offset += length + 1
  }
}
