// Runs before `npm start` and `npm test`, with built-in modules only and under any Node: installs what is missing,
// says what it does and how long that takes, and is silent and instant when nothing is.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** Node 24 from the `node` package, which TypeScript is run with. */
const nodeBinary = path.join(root, 'node_modules/.bin/node')

/** Debian packages by a program that tells whether they are there. */
const packagesToRun = {
  nft: 'nftables',
  ip: 'iproute2',
  conntrack: 'conntrack',
  bwrap: 'bubblewrap',
  jq: 'jq',
  curl: 'curl',
}

/** What only tests need: kind's node image without a registry, and a browser for the report's pages. */
const packagesToTest = { mmdebstrap: 'mmdebstrap', chromium: 'chromium' }

export function setUp(purpose) {
  installNodeModules()
  installSystemPackages(purpose === 'test' ? { ...packagesToRun, ...packagesToTest } : packagesToRun)
  run(nodeBinary, ['harness/cli/main.ts', 'prepare', '--for', purpose])
}

function installNodeModules() {
  const stamp = path.join(root, 'node_modules/.kubemend-stamp')
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(nodeBinary) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('installing npm packages (about half a minute, once)')
  // not `npm ci`, which refuses a lock file without other platforms' optional packages; versions are the lock's all the same
  run('npm', ['install', '--no-save', '--prefer-offline', '--no-fund', '--no-audit', '--loglevel=error'])
  if (!existsSync(nodeBinary)) {
    say('npm did not install the optional package `node`; was it run with --omit=optional or --ignore-scripts?')
    process.exit(3)
  }
  writeFileSync(stamp, wanted)
}

function installSystemPackages(packages) {
  const missing = Object.entries(packages).filter(([program]) => !isOnPath(program))
  if (missing.length === 0 || process.platform !== 'linux') return
  const names = missing.map(([, name]) => name)
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    say(`not installed: ${names.join(', ')}; \`kubemend doctor\` says what needs them`)
    return
  }
  say(`installing Debian packages ${names.join(', ')} (some seconds)`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '-qq'], env)
  run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', ...names], env)
}

function isOnPath(program) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return folders.some((folder) => existsSync(path.join(folder, program)))
}

function run(file, args, env = process.env) {
  const result = spawnSync(file, args, { cwd: root, stdio: ['ignore', 2, 2], env })
  if (result.status === 0) return
  say(`${path.basename(file)} ${args.join(' ')} failed${result.error ? `: ${result.error.message}` : ''}`)
  process.exit(result.status || 3)
}

function say(line) {
  process.stderr.write(`setup: ${line}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp(process.argv[2] ?? 'start')
