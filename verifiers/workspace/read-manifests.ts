import { parseAllDocuments } from 'yaml'
import { findKind } from '../../harness/base/kube-kinds.ts'
import { isObject, listAt, textAt, type JsonObject } from '../../harness/state/json.ts'
import { splitReference } from '../objects/find-object.ts'
import { isVerdict, type Verdict, type VerifyContext } from '../verifier.ts'
import { readWorkspaceFile } from './read-workspace-file.ts'

/** One object of a file of manifests. */
export interface Manifest {
  file: string
  line: number
  object: JsonObject
}

/** All objects of some files, lists taken apart, and everything that keeps some from being read. */
export async function readManifests(
  context: VerifyContext,
  files: readonly string[],
): Promise<{ manifests: Manifest[]; problems: string[] } | Verdict> {
  const manifests: Manifest[] = []
  const problems: string[] = []
  for (const file of files) {
    const found = await readWorkspaceFile(context, file)
    if (isVerdict(found)) return found
    if ('missing' in found) {
      problems.push(found.missing)
      continue
    }
    const text = found.content.toString('utf8')
    const documents = parseAllDocuments(text)
    for (const document of Array.isArray(documents) ? documents : []) {
      const [error] = document.errors
      if (error) {
        problems.push(`${file}: ${error.message.split('\n')[0]}`)
        continue
      }
      const value = document.toJS({ maxAliasCount: 100 }) as unknown
      if (value === null || value === undefined) continue
      const line = text.slice(0, document.range?.[0] ?? 0).split('\n').length
      if (!isObject(value))
        problems.push(`${file}:${line}: expected an object, not ${JSON.stringify(value)?.slice(0, 40)}`)
      else manifests.push(...itemsOf(value).map((object) => ({ file, line, object })))
    }
  }
  return { manifests, problems }
}

/** The manifests of one object, `deployment/web`; of any namespace unless told. */
export function findManifests(
  manifests: readonly Manifest[],
  reference: string,
  namespace: string | undefined,
): Manifest[] {
  const { word, name } = splitReference(reference)
  const kind = findKind(word)?.kind.toLowerCase() ?? word.toLowerCase().split('.')[0]
  return manifests.filter(
    ({ object }) =>
      textAt(object, 'kind')?.toLowerCase() === kind &&
      textAt(object, 'metadata', 'name') === name &&
      (namespace === undefined || (textAt(object, 'metadata', 'namespace') ?? 'default') === namespace),
  )
}

function itemsOf(value: JsonObject): JsonObject[] {
  const isList = textAt(value, 'kind')?.endsWith('List') && Array.isArray(value['items'])
  return isList ? listAt(value, 'items').filter(isObject) : [value]
}
