import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { existsSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { runInteractively } from '../../harness/base/command.ts'
import { makeScratch } from '../../harness/base/scratch.ts'
import type { AgentEnd } from '../agent.ts'
import type { McpClient } from '../mcp-client.ts'
import { openBridge } from './shell-bridge.ts'

/**
 * A bash on the person's terminal that sees the system's programs and nothing else of this machine, with `kubectl` and
 * `submit` that go through the gateway.
 */
export async function openShell(options: {
  client: McpClient
  instruction: string
  signal: AbortSignal
}): Promise<AgentEnd> {
  if (!existsSync('/usr/bin/bwrap')) return { reason: 'error', because: 'a shell needs bubblewrap: use human=mcp' }
  const dir = await makeScratch('shell')
  const answered = new AbortController()
  const signal = AbortSignal.any([options.signal, answered.signal])
  try {
    await using bridge = await openBridge(path.join(dir, 'socket'), options.client, options.signal)
    await fillShell(dir, options.instruction)
    // the answer is to be on the terminal before the shell ends
    bridge.submitted.addEventListener('abort', () => setTimeout(() => answered.abort(), 200))
    await runInteractively(terminal(shellArgv(dir)), { signal, env: { SHELL: '/bin/sh' } })
    return { reason: bridge.submitted.aborted ? 'submitted' : 'finished' }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** What is in the shell beside the system's programs. */
async function fillShell(dir: string, instruction: string): Promise<void> {
  const bin = path.join(dir, 'bin')
  await mkdir(bin)
  const extension = path.extname(import.meta.filename)
  const client = `client.m${extension.slice(1)}`
  await copyFile(path.join(import.meta.dirname, `shell-client${extension}`), path.join(bin, client))
  for (const tool of ['kubectl', 'submit']) {
    const script = `#!/bin/sh\nexec /opt/node --disable-warning=ExperimentalWarning /opt/bin/${client} ${tool} "$@"\n`
    await writeFile(path.join(bin, tool), script, { mode: 0o755 })
  }
  await writeFile(path.join(dir, 'instruction.md'), `${instruction.trim()}\n`)
  await writeFile(path.join(dir, 'bashrc'), bashrc)
}

const bashrc = `PS1='oncall \\w \\$ '
alias k=kubectl
cat /opt/instruction.md
echo
echo "kubectl is your way into the cluster; 'submit WHAT YOU DID' when you are done, Ctrl-D to give up."
`

/** A terminal of its own, so that Ctrl-C goes to the shell and not to the trial. */
function terminal(argv: readonly string[]): string[] {
  return ['script', '--quiet', '--return', '--command', argv.map(quote).join(' '), '/dev/null']
}

function shellArgv(dir: string): string[] {
  const environment = {
    PATH: '/opt/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    TERM: process.env['TERM'] ?? 'xterm',
  }
  const inside = (name: string): string[] => ['--ro-bind', path.join(dir, name), `/opt/${name}`]
  return [
    'bwrap',
    ...'--unshare-all --die-with-parent --clearenv --hostname oncall --uid 0 --gid 0'.split(' '),
    ...systemFolders(),
    ...'--proc /proc --dev /dev --tmpfs /tmp --tmpfs /root --tmpfs /run'.split(' '),
    ...['bin', 'bashrc', 'instruction.md', 'socket'].flatMap(inside),
    '--ro-bind',
    process.execPath,
    '/opt/node',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...'--chdir /root -- /bin/bash --rcfile /opt/bashrc -i'.split(' '),
  ]
}

function systemFolders(): string[] {
  const folders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64'].filter((folder) => existsSync(folder))
  const etc = ['/etc/alternatives', '/etc/ld.so.cache', '/etc/passwd', '/etc/group', '/etc/terminfo']
  return [
    ...folders.flatMap((folder) => {
      const target = linkTarget(folder)
      return target === undefined ? ['--ro-bind', folder, folder] : ['--symlink', target, folder]
    }),
    ...etc.filter((entry) => existsSync(entry)).flatMap((entry) => ['--ro-bind', entry, entry]),
  ]
}

function linkTarget(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch {
    return undefined
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
