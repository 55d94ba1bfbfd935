import type { ClusterFile } from './cluster-file.ts'
import { imagesInScript, imagesOf } from './images.ts'
import { faultChanges, type FaultStep, type Manifest } from './manifests.ts'
import { report, type TaskReading } from './read-text.ts'

/** Every image of a task; what no registry could have is a problem, unless it is part of the fault. */
export function collectImages(
  reading: TaskReading,
  cluster: ClusterFile | undefined,
  world: readonly Manifest[],
  fault: readonly FaultStep[],
  solutions: ReadonlyMap<string, string>,
): string[] {
  const absent = new Set(cluster?.['absent-images'])
  const named: [string, string[]][] = [
    ['environment/cluster.yaml', cluster?.images ?? []],
    ...[...world, ...faultChanges(fault)].map(({ file, object }): [string, string[]] => [file, imagesOf(object)]),
    ...fault.map((step): [string, string[]] => [step.file, step.kind === 'script' ? imagesInScript(step.text) : []]),
    ...[...solutions].map(([file, text]): [string, string[]] => [file, imagesInScript(text)]),
  ]
  const images = new Set<string>()
  for (const [file, names] of named) {
    for (const name of names) {
      if (absent.has(name) || images.has(name)) continue
      images.add(name)
      const problem = imageProblem(name)
      if (problem !== undefined) report(reading, file, { message: problem })
    }
  }
  return [...images].toSorted()
}

/** The shape of image names: `[registry/]name[:tag][@sha256:digest]`. */
const imageName =
  /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/

function imageProblem(name: string): string | undefined {
  if (imageName.test(name)) return undefined
  return `image ${JSON.stringify(name)}: expected [registry/]name[:tag]; one that is part of the fault belongs under absent-images in cluster.yaml`
}
