import { existsSync } from 'node:fs'
import { runCommand } from '../../harness/base/command.ts'
import type { Problem } from '../provider.ts'

/** What keeps the embedded cluster from running on this machine. */
export async function findNodeProblems(): Promise<Problem[]> {
  if (process.platform !== 'linux') {
    return [{ what: `the embedded cluster needs Linux, this is ${process.platform}`, cure: 'use --cluster kind' }]
  }
  const problems: Problem[] = []
  if (process.getuid?.() !== 0)
    problems.push({ what: 'not running as root', cure: 'run as root (sudo), or use --cluster kind' })
  for (const [program, debianPackage] of Object.entries(neededPrograms)) {
    const found = await runCommand(['bash', '-c', `command -v ${program}`])
    if (found.exitCode !== 0)
      problems.push({ what: `${program} is not installed`, cure: `apt-get install ${debianPackage}` })
  }
  if (!existsSync('/sys/fs/cgroup')) problems.push({ what: 'no cgroups are mounted', cure: 'mount /sys/fs/cgroup' })
  return problems
}

const neededPrograms: Record<string, string> = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  ip: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  tar: 'tar',
}
