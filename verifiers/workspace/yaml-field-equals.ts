import { z } from 'zod'
import { expectedValueParams, valueMismatch } from '../objects/expected-value.ts'
import { objectParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findManifests, readManifests } from './read-manifests.ts'
import { listManifests } from './read-workspace-file.ts'
import { workspacePathParam } from './workspace-path.ts'

/** A field of an object in the workspace’s manifests is what it should be. */
export const yamlFieldEquals: Verifier = defineVerifier({
  name: 'yaml-field-equals',
  summary: 'A field of an object in the manifests of the workspace has the value that it should have.',
  params: z.strictObject({
    file: workspacePathParam('The file; all manifests of the workspace unless told.').optional(),
    object: objectParam('The object: deployment/web.').optional(),
    namespace: z.string().optional().meta({ description: 'Its namespace; any unless told.' }),
    ...expectedValueParams,
  }),
  example: 'yaml-field-equals: { file: deploy/web.yaml, object: deployment/web, path: spec.replicas, equals: 3 }',
  details:
    'Without `object`, the file is one document of any shape. An object must be there once: two of the same name are a mistake ' +
    'that `kubectl apply` would hide.',
  async verify(wanted, context) {
    const files = wanted.file === undefined ? await listManifests(context, '.') : [wanted.file]
    if (isVerdict(files)) return files
    const read = await readManifests(context, files)
    if (isVerdict(read)) return read
    const [problem] = read.problems
    if (problem !== undefined) return notMet(problem, { problems: read.problems.slice(0, 10) })
    const { object: reference } = wanted
    const found = reference === undefined ? read.manifests : findManifests(read.manifests, reference, wanted.namespace)
    const what = reference ?? wanted.file ?? 'the document'
    const [manifest, second] = found
    if (!manifest) return notMet(`${wanted.file ?? 'the workspace'} holds no ${what}`)
    if (second)
      return notMet(`${what} is there twice: ${manifest.file}:${manifest.line} and ${second.file}:${second.line}`)
    const mismatch = valueMismatch(manifest.object, wanted)
    const where = { file: manifest.file, line: manifest.line }
    if (mismatch !== undefined) return notMet(`${what} in ${manifest.file} ${mismatch}`, where)
    return met(`${what} in ${manifest.file} has ${wanted.path} as it should be`, where)
  },
})
