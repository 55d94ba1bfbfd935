import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { cached, cachedDir, isCached, keyOf } from '../../harness/base/cache.ts'
import { until } from '../../harness/base/retry.ts'

/** What every API server of a version makes for itself, the same in every cluster. */
const made = [
  'clusterroles',
  'clusterrolebindings',
  'roles',
  'rolebindings',
  'priorityclasses',
  'flowschemas',
  'prioritylevelconfigurations',
].map((kind) => `/registry/${kind}/`)

const cacheKind = 'first-objects'
const transactionSize = 100

/** Key and value as etcd tells and takes them, in base64. */
interface Entry {
  key: string
  value: string
}

/**
 * Gives a new etcd the objects that an API server otherwise makes when it starts. Its first try at that comes too early
 * for its own admission, and the second a whole second later; what it finds in place it only compares. Whether there
 * were any to give.
 */
export async function putFirstObjects(dialSocket: string, bin: string): Promise<boolean> {
  const key = keyOfObjects(bin)
  if (!(await isCached(cacheKind, key))) return false
  const entries = JSON.parse(await readFile(path.join(cachedDir(cacheKind, key), 'etcd.json'), 'utf8')) as Entry[]
  for (let from = 0; from < entries.length; from += transactionSize) {
    const some = entries.slice(from, from + transactionSize)
    // never over what the API server was quicker to make
    const compare = some.map(({ key: name }) => ({
      key: name,
      target: 'CREATE',
      result: 'EQUAL',
      create_revision: '0',
    }))
    const success = some.map((entry) => ({ request_put: entry }))
    await askEtcd(dialSocket, '/v3/kv/txn', { compare, success })
  }
  return true
}

/** Remembers what a new API server has made, before anybody else has made anything. */
export async function keepFirstObjects(dialSocket: string, bin: string): Promise<void> {
  await cached(cacheKind, keyOfObjects(bin), async (dir) => {
    const found: Entry[] = []
    for (const prefix of made) {
      const answer = await askEtcd(dialSocket, '/v3/kv/range', {
        key: encode(prefix),
        range_end: encode(`${prefix.slice(0, -1)}0`),
      })
      found.push(...(answer.kvs ?? []).map(({ key, value }) => ({ key, value })))
    }
    await writeFile(path.join(dir, 'etcd.json'), JSON.stringify(found))
  })
}

function keyOfObjects(bin: string): string {
  return keyOf({ bin: path.basename(bin), made })
}

const encode = (text: string): string => Buffer.from(text).toString('base64')

/** etcd serves its own protocol as JSON, too; it may not listen yet. */
function askEtcd(dialSocket: string, url: string, question: unknown): Promise<{ kvs?: Entry[] }> {
  return until(() => post(dialSocket, url, JSON.stringify(question)), {
    what: 'etcd to answer',
    timeoutMs: 60_000,
    intervalMs: 20,
    isTransient: () => true,
  })
}

function post(dialSocket: string, url: string, body: string): Promise<{ kvs?: Entry[] }> {
  return new Promise((resolve, reject) => {
    const ask = request({
      method: 'POST',
      path: url,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      createConnection() {
        const socket = connect(dialSocket)
        socket.write('127.0.0.1:2379\n')
        return socket
      },
    })
    ask.on('error', reject)
    ask.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(JSON.parse(text) as { kvs?: Entry[] })
        else reject(new Error(`etcd says ${response.statusCode}: ${text.slice(0, 300)}`))
      })
    })
    ask.end(body)
  })
}
