import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { runCommand } from '../../harness/base/command.ts'
import { until } from '../../harness/base/retry.ts'
import { ImageSandbox, otherAddress } from './image-sandbox.ts'

const soon = { timeoutMs: 20_000, intervalMs: 50 }

/** A busybox in the same network, as a client that every image has. */
function clientOf(network: ImageSandbox): Promise<ImageSandbox> {
  return ImageSandbox.start('busybox:1.36.1', { network, args: ['sleep', '600'] })
}

async function fetchText(client: ImageSandbox, url: string, words: string[] = []): Promise<string | undefined> {
  const answer = await client.exec(['wget', '-qO-', '-T', '5', ...words, url])
  return answer.exitCode === 0 ? answer.stdout : undefined
}

describe('pause', () => {
  test('ends on SIGTERM and on SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      await using pause = await ImageSandbox.start('registry.k8s.io/pause:3.10.1')
      expect(pause.isRunning()).toBe(true)
      // process 1 loses a signal that comes before it has said that it wants it, so it is sent again
      const stopped = async (): Promise<boolean> => {
        await pause.stop(signal, 200).catch(() => undefined)
        return !pause.isRunning()
      }
      await until(stopped, { what: `pause to end on ${signal}`, ...soon })
    }
  })

  test('reaps processes whose parents have ended', async () => {
    await using pause = await ImageSandbox.start('registry.k8s.io/pause:3.10.1')
    const orphan = [
      'nsenter',
      `--target=${pause.pid}`,
      '--pid',
      'sh',
      '-c',
      'exec >/dev/null 2>&1; sleep 0.5 & sleep 0.5 &',
    ]
    await runCommand(orphan)
    const children = (): Promise<string> => readFile(`/proc/${pause.pid}/task/${pause.pid}/children`, 'utf8')
    expect((await children()).trim().split(' ')).toHaveLength(2)
    await until(async () => (await children()).trim() === '', { what: 'the orphans to be reaped', ...soon })
  })
})

describe('nginx', () => {
  test('serves its pages on port 80 and ends gracefully on SIGQUIT', async () => {
    await using nginx = await ImageSandbox.start('nginx:1.27')
    await using client = await clientOf(nginx)
    const page = await until(() => fetchText(client, 'http://127.0.0.1/'), { what: 'nginx', ...soon })
    expect(page).toContain('Welcome to nginx!')
    await until(async () => (await nginx.log()).includes('"GET / HTTP/1.1" 200'), { what: 'the access log', ...soon })
    expect(await nginx.stop()).toBeLessThan(5000)
    expect(await nginx.log()).toContain('gracefully shutting down')
  })

  test('fills in templates, keeps its own variables and runs scripts of /docker-entrypoint.d', async () => {
    await using nginx = await ImageSandbox.start('nginx:1.27', {
      env: { GREETING: 'good day' },
      files: {
        '/etc/nginx/templates/default.conf.template':
          'server { listen 80; location / { return 200 "${GREETING} $request_method $uri"; } }\n',
        '/docker-entrypoint.d/99-mark.sh': '#!/bin/sh\necho mark > /usr/share/nginx/html/mark\n',
      },
    })
    await using client = await clientOf(nginx)
    const page = await until(() => fetchText(client, 'http://127.0.0.1/path'), { what: 'nginx', ...soon })
    expect(page).toBe('good day GET /path')
    expect((await nginx.exec(['cat', '/usr/share/nginx/html/mark'])).stdout).toBe('mark\n')
  })

  test('checks its configuration and reloads on SIGHUP', async () => {
    await using nginx = await ImageSandbox.start('nginx:1.27')
    await using client = await clientOf(nginx)
    await until(() => fetchText(client, 'http://127.0.0.1/'), { what: 'nginx', ...soon })
    expect((await nginx.exec(['nginx', '-t'])).stderr).toContain('test is successful')
    const conf = 'server { listen 8088; location / { return 200 reloaded; } }'
    await nginx.exec(['tee', '/etc/nginx/conf.d/extra.conf'], { stdin: conf })
    await nginx.exec(['nginx', '-s', 'reload'])
    expect(await until(() => fetchText(client, 'http://127.0.0.1:8088/'), { what: 'the reload', ...soon })).toBe(
      'reloaded',
    )
  })

  test('runs its workers as the user nginx, 101', async () => {
    await using nginx = await ImageSandbox.start('nginx:1.27')
    const owners = async (): Promise<string | false> => {
      const { stdout } = await nginx.exec(['sh', '-c', 'stat -c %u /proc/[0-9]* | sort -u | tr "\\n" " "'])
      return stdout.includes('101') && stdout
    }
    expect(await until(owners, { what: 'workers', ...soon })).toBe('0 101 ')
  })

  test('of the unprivileged kind serves port 8080 without root', async () => {
    await using nginx = await ImageSandbox.start('nginxinc/nginx-unprivileged:latest')
    await using client = await clientOf(nginx)
    const page = await until(() => fetchText(client, 'http://127.0.0.1:8080/'), { what: 'nginx', ...soon })
    expect(page).toContain('Welcome to nginx!')
    expect((await nginx.exec(['stat', '-c', '%u', '/proc/1'])).stdout).toBe('101\n')
  })

  test('of the alpine kind has wget', async () => {
    await using nginx = await ImageSandbox.start('nginx:alpine')
    const ask = (): Promise<string | undefined> => fetchText(nginx, 'http://127.0.0.1/')
    expect(await until(ask, { what: 'nginx', ...soon })).toContain('Welcome')
  })
})

describe('redis', () => {
  test('answers PING from other hosts, as the user 999, and ends on SIGTERM', async () => {
    await using redis = await ImageSandbox.start('redis:7')
    const ping = async (): Promise<boolean> =>
      (await redis.exec(['redis-cli', '-h', otherAddress, 'ping'])).stdout === 'PONG\n'
    await until(ping, { what: 'redis', ...soon })
    expect((await redis.exec(['redis-cli', 'config', 'get', 'protected-mode'])).stdout).toContain('no')
    expect((await redis.exec(['stat', '-c', '%u', '/proc/1'])).stdout).toBe('999\n')
    await redis.exec(['redis-cli', 'set', 'kept', 'value'])
    expect(await redis.stop()).toBeLessThan(5000)
    expect(await redis.log()).toContain('DB saved on disk')
  })

  test('takes options alone and wants the password it was given', async () => {
    await using redis = await ImageSandbox.start('redis:7', { args: ['--requirepass', 'secret', '--port', '6400'] })
    const ping = (words: string[]): Promise<string> =>
      redis.exec(['redis-cli', '-p', '6400', ...words, 'ping']).then((answer) => answer.stdout + answer.stderr)
    await until(async () => (await ping(['-a', 'secret'])).includes('PONG'), { what: 'redis', ...soon })
    expect(await ping([])).toContain('NOAUTH')
  })

  test('keeps what a configuration file says about protected mode', async () => {
    await using redis = await ImageSandbox.start('redis:7', {
      args: ['redis-server', '/etc/redis.conf'],
      files: { '/etc/redis.conf': 'protected-mode yes\nmaxmemory 42mb\n' },
    })
    const get = async (name: string): Promise<string> => (await redis.exec(['redis-cli', 'config', 'get', name])).stdout
    await until(async () => (await get('maxmemory')).includes('44040192'), { what: 'redis', ...soon })
    expect(await get('protected-mode')).toContain('yes')
  })
})

describe('postgres', () => {
  test('makes a database, runs init scripts, answers to its password only and ends on SIGINT', async () => {
    await using postgres = await ImageSandbox.start('postgres:17', {
      env: { POSTGRES_PASSWORD: 'pw', POSTGRES_USER: 'shop', POSTGRES_DB: 'orders' },
      files: {
        '/docker-entrypoint-initdb.d/1-table.sql': "create table item (name text); insert into item values ('lamp');",
        '/docker-entrypoint-initdb.d/2-more.sh': `psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "insert into item values ('chair')"`,
      },
    })
    const query = (password: string, sql: string): ReturnType<ImageSandbox['exec']> =>
      postgres.exec(['psql', `postgresql://shop:${password}@${otherAddress}/orders`, '-tAc', sql])
    const names = async (): Promise<string | false> => {
      const answer = await query('pw', 'select string_agg(name, $$,$$) from item')
      return answer.exitCode === 0 && answer.stdout
    }
    expect(await until(names, { what: 'postgres', timeoutMs: 60_000, intervalMs: 100 })).toBe('lamp,chair\n')
    expect((await query('wrong', 'select 1')).stderr).toContain('password authentication failed')
    expect((await postgres.exec(['stat', '-c', '%u', '/proc/1'])).stdout).toBe('999\n')
    expect(await postgres.log()).toContain('PostgreSQL init process complete; ready for start up.')
    await expect(postgres.stop()).resolves.toBeLessThan(5000)
  })

  test('refuses to start without a password and says so', async () => {
    await using postgres = await ImageSandbox.start('postgres:17')
    await until(async () => !postgres.isRunning(), { what: 'postgres to end', ...soon })
    expect(await postgres.log()).toContain('superuser password is not specified')
  })

  test('answers without a password where trust is set', async () => {
    await using postgres = await ImageSandbox.start('postgres:17', { env: { POSTGRES_HOST_AUTH_METHOD: 'trust' } })
    const ask = async (): Promise<boolean> =>
      (await postgres.exec(['psql', '-h', '127.0.0.1', '-U', 'postgres', '-tAc', 'select 1'])).stdout === '1\n'
    await until(ask, { what: 'postgres', timeoutMs: 60_000, intervalMs: 100 })
  })
})

describe('busybox', () => {
  test('fetches with a time limit, which crashed in an older Debian', async () => {
    await using busybox = await ImageSandbox.start('busybox:1.36.1', {
      args: ['httpd', '-f', '-p', '8080', '-h', '/www'],
      files: { '/www/index.html': 'hello' },
    })
    expect(await until(() => fetchText(busybox, 'http://127.0.0.1:8080/'), { what: 'httpd', ...soon })).toBe('hello')
  })

  test('resolves names by nslookup, wget and ping without crashing', async () => {
    await using dns = await ImageSandbox.start('registry.k8s.io/coredns/coredns:v1.13.1', {
      args: ['-conf', '/Corefile'],
      files: { '/Corefile': '.:53 {\n hosts {\n  127.0.0.1 shop.test\n }\n}\n' },
    })
    await using busybox = await ImageSandbox.start('busybox:1.36.1', {
      network: dns,
      args: ['sleep', '600'],
      files: { '/etc/resolv.conf': 'nameserver 127.0.0.1\n' },
    })
    const lookUp = (): ReturnType<ImageSandbox['exec']> => busybox.exec(['nslookup', 'shop.test'])
    await until(async () => (await lookUp()).stdout.includes('Address: 127.0.0.1'), { what: 'nslookup', ...soon })
    expect((await busybox.exec(['nslookup', 'missing.test'])).exitCode).toBe(1)
    expect((await busybox.exec(['wget', '-T', '2', '-qO-', 'http://shop.test:1/'])).stderr).toContain('refused')
    expect((await busybox.exec(['ping', '-c', '1', 'shop.test'])).exitCode).toBe(0)
  })

  test('has every applet that it is called by', async () => {
    await using busybox = await ImageSandbox.start('busybox:1.36.1', { args: ['sleep', '600'] })
    const broken = 'for f in /bin/*; do [ -e "$f" ] || echo "$f"; done'
    expect((await busybox.exec(['sh', '-c', broken])).stdout).toBe('')
    const help = 'for a in $(busybox --list); do [ -e /bin/$a ] || echo $a; done'
    const missing = (await busybox.exec(['sh', '-c', help])).stdout.trim().split('\n').toSorted()
    expect(missing).toEqual(['acpid', 'dpkg', 'dpkg-deb', 'init', 'linuxrc', 'mim', 'rpm', 'rpm2cpio', 'run-init'])
    expect((await busybox.exec(['sh', '-c', 'nohup printenv PATH | split -; pgrep sleep'])).stdout).toBe('1\n')
  })
})

describe('python', () => {
  test('serves a folder and has TLS, sqlite and pip', async () => {
    await using python = await ImageSandbox.start('python:3.13-slim', { args: ['python', '-m', 'http.server', '8000'] })
    await using client = await clientOf(python)
    const page = await until(() => fetchText(client, 'http://127.0.0.1:8000/'), { what: 'python', ...soon })
    expect(page).toContain('Directory listing')
    const modules = await python.exec(['python3', '-c', 'import ssl, sqlite3, json, zoneinfo, ctypes; print("ok")'])
    expect(modules.stdout + modules.stderr).toBe('ok\n')
    expect((await python.exec(['pip', '--version'])).stdout).toContain('python 3.13')
  })
})

describe('curl and toolbox', () => {
  test('curl fetches as its entrypoint, as the user 100', async () => {
    await using nginx = await ImageSandbox.start('nginx:1.27')
    await using curl = await ImageSandbox.start('curlimages/curl:8.5.0', { network: nginx, args: ['sleep', '600'] })
    const ask = async (): Promise<string | false> => {
      const answer = await curl.exec(['/entrypoint.sh', '-sS', 'http://127.0.0.1/'], { user: '100' })
      return answer.exitCode === 0 && answer.stdout
    }
    expect(await until(ask, { what: 'nginx', ...soon })).toContain('Welcome')
    expect((await curl.exec(['stat', '-c', '%u:%g', '/proc/1'])).stdout).toBe('100:101\n')
    expect(
      (await curl.exec(['sh', '-c', 'grep -c BEGIN /etc/ssl/certs/ca-certificates.crt'])).stdout.length,
    ).toBeGreaterThan(3)
  })

  test('the toolbox has everything that checks from inside a cluster need', async () => {
    await using toolbox = await ImageSandbox.start('kubemend/toolbox:1')
    const versions = [
      ['curl', '--version'],
      ['kubectl', 'version', '--client'],
      ['jq', '--version'],
      ['dig', '-v'],
      ['nslookup', '-version'],
      ['openssl', 'version'],
      ['nc', '-h'],
      ['ping', '-V'],
      ['ps', '--version'],
      ['ss', '-V'],
      ['psql', '--version'],
      ['redis-cli', '--version'],
    ]
    for (const argv of versions) {
      const answer = await toolbox.exec(argv)
      expect([argv[0], answer.exitCode, answer.stderr.includes('not found')]).toEqual([argv[0], 0, false])
    }
  })
})

describe('other servers', () => {
  test('httpd serves its htdocs on port 80, logs to the standard streams and ends gracefully on SIGWINCH', async () => {
    await using httpd = await ImageSandbox.start('httpd:2.4', { files: { '/usr/local/apache2/htdocs/a.txt': 'text' } })
    await using client = await clientOf(httpd)
    const page = await until(() => fetchText(client, 'http://127.0.0.1/'), { what: 'httpd', ...soon })
    expect(page).toContain('It works!')
    expect((await client.exec(['wget', '-SqO-', 'http://127.0.0.1/a.txt'])).stderr).toContain('text/plain')
    expect(await httpd.log()).toContain('"GET / HTTP/1.1" 200')
    expect(await httpd.stop()).toBeLessThan(5000)
  })

  test('haproxy balances to a server as the user 99 and ends on SIGUSR1', async () => {
    const config = `defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend all
  bind :8080
  default_backend echo
backend echo
  server one 127.0.0.1:5678 check inter 200ms
`
    await using haproxy = await ImageSandbox.start('haproxy:3.0', {
      files: { '/usr/local/etc/haproxy/haproxy.cfg': config },
    })
    await using echo = await ImageSandbox.start('hashicorp/http-echo', { network: haproxy, args: ['-text=from echo'] })
    await using client = await clientOf(haproxy)
    expect(echo.isRunning()).toBe(true)
    const ask = (): Promise<string | undefined> => fetchText(client, 'http://127.0.0.1:8080/')
    expect(await until(ask, { what: 'haproxy', ...soon })).toBe('from echo\n')
    expect((await haproxy.exec(['stat', '-c', '%u', '/proc/1'])).stdout).toBe('99\n')
    expect(await haproxy.stop()).toBeLessThan(8000)
  })

  test('memcached keeps values as the user 11211', async () => {
    await using memcached = await ImageSandbox.start('memcached:1.6', { args: ['-m', '32'] })
    await using client = await clientOf(memcached)
    const talk = async (): Promise<string | false> => {
      const stdin = 'set k 0 60 5\r\nhello\r\nget k\r\nquit\r\n'
      return (await client.exec(['nc', '-w', '2', '127.0.0.1', '11211'], { stdin })).stdout || false
    }
    expect(await until(talk, { what: 'memcached', ...soon })).toContain('STORED\r\nVALUE k 0 5\r\nhello')
    expect((await memcached.exec(['stat', '-c', '%u', '/proc/1'])).stdout).toBe('11211\n')
  })

  test('debian has the tools that scripts expect', async () => {
    await using debian = await ImageSandbox.start('debian:trixie-slim', { args: ['sleep', '600'] })
    const script =
      'echo b a | tr " " "\\n" | sort | awk \'{ printf "%s ", $1 }\' && which sed grep find tar gzip date id'
    const answer = await debian.exec(['bash', '-ec', script])
    expect([answer.exitCode, answer.stdout.split('\n')[0]]).toEqual([0, 'a b /usr/bin/sed'])
  })
})
