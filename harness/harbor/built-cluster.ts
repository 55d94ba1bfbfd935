import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { distributionOf } from './cluster-service.ts'
import type { ComposeFile } from './compose-file.ts'
import { fillIn, parseDockerfile } from './dockerfile.ts'

/**
 * Recognises clusters that a compose file builds from a distribution's image: they get that image's name. What their
 * Dockerfiles add is a problem, because nothing of it is in the cluster that stands in.
 */
export async function recogniseBuiltClusters(
  file: ComposeFile,
  environmentDir: string,
): Promise<{ file: string; line: number; message: string }[]> {
  const problems: { file: string; line: number; message: string }[] = []
  for (const service of file.services) {
    const { build } = service
    if (!build || distributionOf(service.image) !== undefined) continue
    const place = path.join(build.context, build.dockerfile)
    const text = await readFile(path.join(environmentDir, place), 'utf8').catch(() => '')
    const { instructions } = parseDockerfile(text)
    const image = baseOf(instructions, build.args)
    if (distributionOf(image) === undefined) continue
    service.image = image
    service.build = undefined
    for (const { keyword, line } of instructions) {
      if (!added.has(keyword)) continue
      const message = `${keyword}: ${service.name} is replaced by a cluster of ours, which has nothing of its image`
      problems.push({ file: path.join('environment', place), line, message })
    }
  }
  return problems
}

const added = new Set(['RUN', 'COPY', 'ADD', 'ENTRYPOINT', 'CMD'])

/** The image of the last stage, through stages that are made of each other. */
function baseOf(
  instructions: readonly { keyword: string; text: string }[],
  args: Readonly<Record<string, string>>,
): string | undefined {
  const variables: Record<string, string> = {}
  const stages = new Map<string, string>()
  let last: string | undefined
  for (const { keyword, text } of instructions) {
    if (keyword === 'ARG' && last === undefined) {
      const [name = '', byDefault = ''] = text.split(/=(.*)/s)
      variables[name] = args[name] ?? byDefault
    } else if (keyword === 'FROM') {
      const [image = '', , name] = fillIn(text, variables).split(/\s+/)
      last = stages.get(image) ?? image
      if (name !== undefined) stages.set(name, last)
    }
  }
  return last
}
