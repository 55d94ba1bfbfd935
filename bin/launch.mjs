// Starts the CLI: from a checkout its TypeScript, from the packed package what was compiled from it. Kubemend needs
// Node 24; under an older one the optional `node` package that came with it is used, and where there is none, that is said.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** Starts a program of harness/cli with the words of this process. */
export async function launch(program = 'main') {
  const isCheckout = existsSync(path.join(root, `harness/cli/${program}.ts`))
  if (isCheckout && !existsSync(path.join(root, 'node_modules/.kubemend-stamp'))) {
    const { setUp } = await import('./setup.mjs')
    setUp('cli')
  }
  const main = path.join(root, isCheckout ? `harness/cli/${program}.ts` : `dist/harness/cli/${program}.js`)
  // a smaller nursery: a trial with a long record takes 90 MB less, and no more time
  const child = spawn(nodeBinary(), ['--max-semi-space-size=8', main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: compileCache(), ...process.env },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}

/** Where Node keeps what it made of our sources: half a second and 30 MB less for every start after the first. */
function compileCache() {
  const { KUBEMEND_CACHE, XDG_CACHE_HOME } = process.env
  const cache = KUBEMEND_CACHE ?? path.join(XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'kubemend')
  return path.join(cache, 'compiled')
}

function nodeBinary() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  for (let dir = root; dir !== path.dirname(dir); dir = path.dirname(dir)) {
    const candidate = path.join(dir, 'node_modules/.bin/node')
    if (existsSync(candidate)) return candidate
  }
  return giveUp(
    `error: Kubemend needs Node 24, this is ${process.versions.node}\nhint: npm install node@24 beside it (with optional packages and install scripts allowed), or install Node 24\n`,
  )
}

function giveUp(message) {
  process.stderr.write(message)
  return process.exit(3)
}
