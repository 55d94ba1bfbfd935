import { z } from 'zod'
import { textAt, type JsonObject } from '../../harness/state/json.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { readManifests, type Manifest } from './read-manifests.ts'
import { listManifests } from './read-workspace-file.ts'
import { workspacePathParam } from './workspace-path.ts'

/** Manifests of the workspace can be read and name their objects. */
export const manifestsValid: Verifier = defineVerifier({
  name: 'manifests-valid',
  summary: 'The manifests of the workspace are readable, each with apiVersion, kind and name, and none is there twice.',
  params: z.strictObject({
    folder: workspacePathParam('The folder with the manifests.').default('.'),
    'at-least': z.int().min(1).default(1).meta({ description: 'How many objects there must be.' }),
  }),
  example: 'manifests-valid: { folder: deploy, at-least: 4 }',
  details:
    'All *.yaml, *.yml and *.json files below the folder. kustomization.yaml and values.yaml are read, but are no objects. The fields of ' +
    'objects are not judged.',
  async verify({ folder, 'at-least': atLeast }, context) {
    const files = await listManifests(context, folder)
    if (isVerdict(files)) return files
    const read = await readManifests(context, files)
    if (isVerdict(read)) return read
    const objects = read.manifests.filter(({ file }) => !/(^|\/)(kustomization|values[\w.-]*|Chart)\.ya?ml$/.test(file))
    const problems = [...read.problems, ...objects.flatMap(problemsOf), ...duplicatesIn(objects)]
    const evidence = { files: files.length, objects: objects.length, problems: problems.slice(0, 20) }
    const [first] = problems
    if (first !== undefined) {
      return notMet(problems.length > 1 ? `${first} (and ${problems.length - 1} more)` : first, evidence)
    }
    if (objects.length < atLeast) return notMet(`${folder} holds ${objects.length} objects, not ${atLeast}`, evidence)
    return met(`all ${objects.length} objects in ${files.length} files are valid`, evidence)
  },
})

function problemsOf({ file, line, object }: Manifest): string[] {
  const lacking = (
    [
      ['apiVersion', textAt(object, 'apiVersion')],
      ['kind', textAt(object, 'kind')],
      ['metadata.name', textAt(object, 'metadata', 'name') ?? textAt(object, 'metadata', 'generateName')],
    ] as const
  ).flatMap(([field, value]) => (value ? [] : [field]))
  return lacking.length === 0
    ? []
    : [`${file}:${line}: ${textAt(object, 'kind') ?? 'an object'} has no ${lacking.join(', ')}`]
}

function duplicatesIn(manifests: readonly Manifest[]): string[] {
  const seen = new Map<string, Manifest>()
  return manifests.flatMap((manifest) => {
    const key = identityOf(manifest.object)
    const first = seen.get(key)
    seen.set(key, first ?? manifest)
    return first && key !== ''
      ? [`${manifest.file}:${manifest.line}: ${key} is in ${first.file}:${first.line} already`]
      : []
  })
}

function identityOf(object: JsonObject): string {
  const name = textAt(object, 'metadata', 'name')
  if (name === undefined) return ''
  const group = textAt(object, 'apiVersion')?.split('/').slice(0, -1).join('/') ?? ''
  const namespace = textAt(object, 'metadata', 'namespace')
  return `${textAt(object, 'kind')?.toLowerCase()}${group === '' ? '' : `.${group}`}/${name}${namespace === undefined ? '' : ` -n ${namespace}`}`
}
