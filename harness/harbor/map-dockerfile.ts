import { glob, stat } from 'node:fs/promises'
import path from 'node:path'
import { commandOf, fillIn, parseDockerfile, readPairs, type Instruction } from './dockerfile.ts'
import { mapRun } from './map-run.ts'
import { emptyBox, type ServiceBox } from './service-box.ts'
import { splitWords } from './split-words.ts'
import { isKubectlImage, isToolboxImage, packagePrograms } from './toolbox-programs.ts'
import type { LineProblem } from './yaml-place.ts'

export interface MapOptions {
  text: string
  /** The build context on this machine. */
  context: string
  args: Readonly<Record<string, string>>
  /** Whether the script sandbox has a program; a package whose program is missing here is a problem. */
  hasProgram: (name: string) => boolean
}

/**
 * The box that a toolbox Dockerfile describes: nothing is built, its files, environment and command are taken over, and
 * its packages are the script sandbox's. What cannot be mapped is a problem at its line. `base` is the image of its
 * last stage.
 */
export async function mapDockerfile(
  options: MapOptions,
): Promise<{ box: ServiceBox; base: string; problems: LineProblem[] }> {
  const { instructions, problems } = parseDockerfile(options.text)
  const mapping = new Mapping(options, problems)
  for (const instruction of instructions) await mapping.take(instruction)
  return { box: mapping.box, base: mapping.base, problems }
}

class Mapping {
  box: ServiceBox = emptyBox()
  base = ''
  readonly #options: MapOptions
  readonly #problems: LineProblem[]
  readonly #variables: Record<string, string> = {
    TARGETARCH: 'amd64',
    TARGETOS: 'linux',
    TARGETPLATFORM: 'linux/amd64',
  }
  /** Earlier stages by name and number: whether they are there to fetch kubectl. */
  readonly #stages = new Map<string, ServiceBox>()
  readonly #users = new Set(['root', '0'])
  #count = 0

  constructor(options: MapOptions, problems: LineProblem[]) {
    this.#options = options
    this.#problems = problems
  }

  async take({ keyword, text, flags, line }: Instruction): Promise<void> {
    const value = keyword === 'RUN' ? text : fillIn(text, this.#variables)
    switch (keyword) {
      case 'FROM':
        return this.#from(value, line)
      case 'ARG': {
        const [name = '', byDefault] = text.split(/=(.*)/s)
        const given = this.#options.args[name] ?? byDefault
        if (given !== undefined) this.#variables[name] = fillIn(given.replaceAll(/^["']|["']$/g, ''), this.#variables)
        return
      }
      case 'ENV':
        for (const [name, content] of readPairs(value)) {
          this.#variables[name] = content
          this.box.environment[name] = content
        }
        return
      case 'RUN':
        return this.#run(value, line)
      case 'COPY':
      case 'ADD':
        return this.#copy(keyword, value, flags, line)
      case 'WORKDIR':
        this.box.workdir = path.posix.resolve(this.box.workdir, value.replaceAll(/^["']|["']$/g, ''))
        this.box.folders.push(this.box.workdir)
        return
      case 'USER':
        return this.#user(value.trim(), line)
      case 'CMD':
        this.box.command = commandOf(text)
        return
      case 'ENTRYPOINT':
        this.box.entrypoint = commandOf(text)
        this.box.command = undefined
        return
      case 'ONBUILD':
        return this.#problem(line, 'ONBUILD cannot be mapped')
      default:
      // labels, ports, volumes, shells and signals say nothing to a sandbox
    }
  }

  #from(text: string, line: number): void {
    const [image = '', as, name] = text.trim().split(/\s+/)
    if (this.#count > 0) this.#stages.set(String(this.#count - 1), this.box)
    this.#count++
    const stage = this.#stages.get(image)
    if (!stage && image !== 'scratch' && !isToolboxImage(image) && !isKubectlImage(image)) {
      this.#problem(
        line,
        `${image || 'an image without a name'} is no toolbox image that the script sandbox can stand in for; it takes Docker`,
      )
    }
    this.base = image
    this.box = stage ? structuredClone(stage) : emptyBox()
    if (as?.toLowerCase() === 'as' && name !== undefined) this.#stages.set(name, this.box)
  }

  #run(text: string, line: number): void {
    const mapped = mapRun(text)
    if ('problem' in mapped) return this.#problem(line, mapped.problem)
    for (const change of mapped.changes) {
      switch (change.kind) {
        case 'folder':
          this.box.folders.push(this.#place(change.path))
          break
        case 'mode':
          this.box.modes.push({ mode: change.mode, paths: change.paths.map((one) => this.#place(one)) })
          break
        case 'link':
          this.box.links.push({ path: this.#place(change.path), target: change.target })
          break
        case 'user':
          this.#users.add(change.name)
          break
        case 'package': {
          const program = packagePrograms[change.name]
          if (program === undefined || this.#options.hasProgram(program)) break
          this.#problem(line, `package ${change.name}: this machine has no ${program} for the script sandbox`)
        }
      }
    }
  }

  async #copy(keyword: string, text: string, flags: Record<string, string>, line: number): Promise<void> {
    const words = text.startsWith('[') ? commandOf(text) : (splitWords(text) ?? [])
    const target = words.at(-1)
    const sources = words.slice(0, -1)
    if (target === undefined || sources.length === 0)
      return this.#problem(line, `${keyword}: expected SOURCE... TARGET`)
    const from = flags['from']
    if (from !== undefined) return this.#copyFromStage(from, sources, target, line)
    for (const source of sources) {
      if (/^(https?|git):/.test(source)) {
        this.#problem(line, `${keyword} ${source}: nothing is downloaded while a task is prepared`)
        continue
      }
      await this.#copyFromContext(source, target, { mode: flags['chmod'], isOneOfMany: sources.length > 1, line })
    }
  }

  async #copyFromContext(
    source: string,
    target: string,
    { mode, isOneOfMany, line }: { mode: string | undefined; isOneOfMany: boolean; line: number },
  ): Promise<void> {
    const { context } = this.#options
    const relative = path.posix.normalize(source.replace(/^\/+/, '')).replace(/\/$/, '')
    if (relative.startsWith('..')) return this.#problem(line, `COPY ${source} leads out of the build's folder`)
    const names = /[*?[]/.test(relative) ? await namesOf(relative, context) : [relative]
    const found = await Promise.all(
      names
        .toSorted()
        .map(async (name) => ({ name, info: await stat(path.join(context, name)).catch(() => undefined) })),
    )
    if (found.length === 0 || found.some(({ info }) => info === undefined)) {
      return this.#problem(line, `COPY ${source}: there is no such file in ${path.basename(context)}/`)
    }
    const place = this.#place(target)
    const isFolder = target.endsWith('/') || isOneOfMany || found.length > 1 || target === '.' || target.endsWith('/.')
    for (const { name, info } of found) {
      const to = info?.isDirectory() || !isFolder ? place : path.posix.join(place, path.basename(name))
      const refusal = whyNotThere(to)
      if (refusal !== undefined) this.#problem(line, `COPY ${source} to ${to}: ${refusal}`)
      else this.box.files.push({ from: path.join(context, name), to, ...(mode === undefined ? {} : { mode }) })
    }
  }

  #copyFromStage(from: string, sources: readonly string[], target: string, line: number): void {
    const isOnlyKubectl = sources.every((source) => path.posix.basename(source) === 'kubectl')
    if (isOnlyKubectl && (this.#stages.has(from) || isKubectlImage(from))) return
    const stage = this.#stages.get(from)
    if (!stage) return this.#problem(line, `COPY --from=${from}: files of another image take Docker`)
    for (const source of sources) {
      const inside = stage.files.filter(({ to }) => to === source || to.startsWith(`${source.replace(/\/$/, '')}/`))
      if (inside.length === 0)
        this.#problem(line, `COPY --from=${from} ${source}: the stage has no such file that can be mapped`)
      for (const file of inside) {
        const to =
          file.to === source
            ? this.#place(target)
            : path.posix.join(this.#place(target), path.posix.relative(source, file.to))
        this.box.files.push({
          ...file,
          to: target.endsWith('/') && file.to === source ? path.posix.join(to, path.posix.basename(source)) : to,
        })
      }
    }
  }

  #user(name: string, line: number): void {
    const [user = ''] = name.split(':')
    if (!this.#users.has(user) && !/^\d+$/.test(user) && user !== 'nobody') {
      return this.#problem(line, `USER ${user}: there is no such user; no useradd before it makes one`)
    }
    this.box.user = user
  }

  #place(target: string): string {
    return path.posix.resolve(this.box.workdir, target)
  }

  #problem(line: number, message: string): void {
    this.#problems.push({ line, message })
  }
}

async function namesOf(pattern: string, cwd: string): Promise<string[]> {
  const names: string[] = []
  for await (const name of glob(pattern, { cwd })) names.push(name)
  return names
}

/** Why a file cannot lie at a place of the sandbox; undefined when it can. */
export function whyNotThere(place: string): string | undefined {
  if (/^\/usr\/local(\/|$)/.test(place)) return undefined
  const top = place.split('/')[1] ?? ''
  if (['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'proc', 'dev', 'sys'].includes(top)) {
    return `/${top} is the sandbox's own; /usr/local and every other folder can take files`
  }
  return place === '/' ? 'the whole root cannot be replaced; copy into folders' : undefined
}
