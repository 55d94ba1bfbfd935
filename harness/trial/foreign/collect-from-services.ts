import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { makeScratch } from '../../base/scratch.ts'
import type { ForeignService, ForeignStage } from '../../harbor/foreign-plan.ts'
import { emptyBox } from '../../harbor/service-box.ts'
import { wantedArtifacts } from '../../harbor/wanted-artifacts.ts'
import { runInSandbox, type SandboxMount } from '../sandbox.ts'
import { ArtifactFolder, type ArtifactFile } from './artifact-folder.ts'
import { accessAt } from './place.ts'
import type { StageParts } from './run-foreign.ts'
import { uidOf, type ServiceSandbox } from './world.ts'

type Hook = ForeignStage['collect'][number]

/**
 * Collects what the task wants of its services, main's first: its hooks are run where they say, then its artifacts are
 * kept; best effort, as in Harbor. The control plane answers its hooks with the rights of the cluster's admin.
 */
export async function collectFromServices(parts: StageParts, stage: ForeignStage): Promise<ArtifactFile[]> {
  const { store } = parts.session.plan
  const folder = new ArtifactFolder(store.artifactsDir, (line) => store.log(line))
  const wanted = wantedArtifacts(stage.artifacts)
  const dir = await makeScratch('collect')
  try {
    const collector = new Collector(parts, dir)
    for (const isOfThese of [isOfMain, (one: { service: string }) => !isOfMain(one)]) {
      for (const hook of stage.collect.filter(isOfThese)) await collector.look(hook.service, wanted, hook)
      const theirs = wanted.filter(isOfThese)
      for (const service of new Set(theirs.map((one) => one.service))) {
        if (theirs.some((one) => one.service === service && one.isAsked) || (await collector.hasPublished()))
          await collector.look(service, wanted)
      }
      for (const one of theirs) await folder.keep(one, collector.placeOf(one.service, wanted.indexOf(one)))
    }
    await folder.close()
    return folder.files
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const isOfMain = ({ service }: { service: string }): boolean => service === 'main'

class Collector {
  readonly #parts: StageParts
  readonly #dir: string

  constructor(parts: StageParts, dir: string) {
    this.#parts = parts
    this.#dir = dir
  }

  /** Where what was found of a service lies. */
  placeOf(service: string, index: number): string {
    return path.join(this.#dir, service, 'kept', String(index), 'it')
  }

  async hasPublished(): Promise<boolean> {
    return (await readdir(path.join(this.#parts.own.logs, 'artifacts')).catch(() => [])).length > 0
  }

  /** Runs a hook in a service, if one is given, and takes out what is wanted of it, before the sandbox is gone. */
  async look(service: string, wanted: readonly { service: string; source: string }[], hook?: Hook): Promise<void> {
    const { session } = this.#parts
    const own = path.join(this.#dir, service)
    const [kept, shortLived] = [path.join(own, 'kept'), path.join(own, 'tmp')]
    for (const folder of [kept, shortLived, path.join(own, 'root')]) await mkdir(folder, { recursive: true })
    const { sandbox, secrets } = await this.#sandboxOf(service, path.join(own, 'root'))
    const mine = wanted.map((one) => (one.service === service ? one.source : ''))
    const timeoutSec = Math.ceil(hook?.timeout_sec ?? 0)
    const shell = service === 'main' ? 'bash' : 'sh'
    const ran = await runInSandbox({
      ...sandbox,
      mounts: [
        ...(sandbox.mounts.some(({ to }) => to === '/tmp') ? [] : [{ from: shortLived, to: '/tmp', isWritable: true }]),
        ...sandbox.mounts,
        { from: kept, to: '/run/kept', isWritable: true },
      ],
      ...(hook?.user === undefined ? {} : { uid: uidOf(String(hook.user)) }),
      argv: ['/bin/bash', '-c', lookScript, 'look', hook?.command ?? '', String(timeoutSec), shell, ...mine],
      timeoutMs: timeoutSec * 1000 + takingMs,
      signal: session.signal,
    })
    await blank(kept, secrets)
    if (!hook) return
    const how = ran.isTimedOut ? 'ran out of time' : `exited with ${ran.exitCode ?? 'no code'}`
    const said = `${ran.stdout}${ran.stderr}`.trim()
    session.plan.store.log(`collect hook in ${service} ${how}: ${hook.command}${said === '' ? '' : `\n${said}`}`)
  }

  async #sandboxOf(service: string, root: string): Promise<{ sandbox: ServiceSandbox; secrets: string[] }> {
    const { foreign, place, own } = this.#parts
    const { world } = place
    const access = (found: ForeignService): SandboxMount[] => accessAt(foreign, world, found)
    const texts = (mounts: SandboxMount[]): Promise<string[]> =>
      Promise.all(mounts.map(({ from }) => readFile(from, 'utf8').catch(() => '')))
    if (service === foreign.cluster.service) {
      const sandbox = await this.#controlPlane(root)
      return { sandbox, secrets: await texts(sandbox.mounts.filter(({ to }) => to === foreign.cluster.kubeconfigs[0])) }
    }
    const found = [foreign.main, ...foreign.services].find(({ name }) => name === service) ?? foreign.main
    // what services share is shared with the agent, too; what is main's own is the agent's
    const isMain = found === foreign.main
    const sandbox = await world.sandboxOf(found, isMain ? own : { shared: own.shared })
    const logs = isMain ? [{ from: own.logs, to: '/logs', isWritable: true }] : []
    const mounts = access(found)
    return { sandbox: { ...sandbox, mounts: [...sandbox.mounts, ...logs, ...mounts] }, secrets: await texts(mounts) }
  }

  /** As much of the control plane's own container as hooks use: kubectl, under the distribution's name for it, and the admin's kubeconfig. */
  async #controlPlane(root: string): Promise<ServiceSandbox> {
    const { foreign, place, own } = this.#parts
    const { cluster, service, distribution, kubeconfigs, mounts, port } = {
      ...foreign.cluster,
      cluster: place.world.cluster,
    }
    const [kubeconfig = '/etc/kubernetes/admin.conf'] = kubeconfigs
    const box = { ...emptyBox(), environment: { KUBECONFIG: kubeconfig } }
    const sandbox = await place.world.sandboxOf(
      { name: service, box, argv: [], mounts, compose: undefined, isOneShot: false },
      { root, shared: own.shared },
    )
    const text = await readFile(cluster.kubeconfig, 'utf8')
    const admin = path.join(this.#dir, 'admin')
    await writeFile(admin, text.replace(/(server: https:\/\/127\.0\.0\.1:)\d+/, `$1${port}`), { mode: 0o600 })
    const program = path.join(this.#dir, `${distribution}-program`)
    await writeFile(program, multiCall, { mode: 0o755 })
    return {
      ...sandbox,
      mounts: [...sandbox.mounts, { from: admin, to: kubeconfig }],
      programs: { ...sandbox.programs, ...(distribution === 'kind' ? {} : { [distribution]: program }) },
    }
  }
}

/** How long it may take to take out what is wanted. */
const takingMs = 60_000

const multiCall = `#!/bin/bash
if [ "$1" = kubectl ]; then shift; exec /opt/bin/kubectl "$@"; fi
echo "$0 $1: there is only kubectl here" >&2
exit 127
`

/**
 * Runs a hook, then copies what is wanted to where it outlives the sandbox. What is this machine's is none of the
 * service's, through whatever links it is asked for.
 */
const lookScript = `command=$1 seconds=$2 shell=$3; shift 3
status=0
if [ -n "$command" ]; then
  timeout -k 1 "$seconds" "$shell" -c "$command" </dev/null
  status=$?
fi
i=-1
for source in "$@"; do
  i=$((i + 1))
  [ -n "$source" ] && place=$(readlink -f -- "$source") && [ -e "$place" ] || continue
  case $place in
    /usr/local | /usr/local/*) ;;
    / | /usr | /usr/* | /bin* | /sbin* | /lib* | /proc* | /dev* | /sys* | /run/sandbox* | /opt/bin* ) continue ;;
    /etc | /etc/passwd | /etc/group | /etc/hosts | /etc/ssl* | /etc/alternatives* | /etc/ld.so.cache ) continue ;;
  esac
  rm -rf "/run/kept/$i"
  mkdir "/run/kept/$i"
  cp -dRp -- "$place" "/run/kept/$i/it" 2>/dev/null
done
exit "$status"`

/** Takes kubeconfigs out of what is kept. */
async function blank(dir: string, secrets: readonly string[]): Promise<void> {
  const lengths = new Set(secrets.filter((text) => text !== '').map((text) => Buffer.byteLength(text)))
  if (lengths.size === 0) return
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (!entry.isFile() || !lengths.has((await stat(file)).size)) continue
    if (secrets.includes(await readFile(file, 'utf8'))) await writeFile(file, '# a kubeconfig is not kept\n')
  }
}
