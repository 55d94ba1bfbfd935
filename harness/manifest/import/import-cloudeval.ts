import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { KubeObject } from '../../base/kube-client.ts'
import { kindOf } from '../../base/kube-kinds.ts'
import { imagesOf } from '../../task/images.ts'
import { manifestSpecSchema } from '../../task/manifest-spec.ts'
import { isObject, nameObject, parseAnswer } from '../parse-answer.ts'
import { levelOf, plainMistakes, splitImported, type Imported } from './imported.ts'

export const questionKinds = ['original', 'simplified', 'translated'] as const
export type QuestionKind = (typeof questionKinds)[number]

const questionFiles: Record<QuestionKind, string> = {
  original: 'question.txt',
  simplified: 'question_simplified.txt',
  translated: 'question_translated.txt',
}
const allQuestions = [...Object.values(questionFiles), 'question_simplified_translated.txt']
const referenceFile = 'labeled_code.yaml'
const scriptFile = 'unit_test.sh'
const marker = 'cloudeval_unit_test_passed'

/**
 * Reads CloudEval-YAML's layout: `LIBRARY/CATEGORY/qN/` with a question, a labelled reference, a unit test and files of
 * context. The script stays the judge; the reference keeps its wildcard comments, which the text metrics read.
 */
export async function importCloudEval(dir: string, question: QuestionKind): Promise<Imported> {
  const result: Imported = { tasks: [], left: [] }
  for (const place of await problemsBelow(dir)) {
    const name = `cloudeval-${path
      .relative(dir, place)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')}`
    const files = await filesBelow(place)
    const read = async (file: string): Promise<string> =>
      (await readFile(path.join(place, file), 'utf8')).replaceAll('\r\n', '\n')
    const missing = [questionFiles[question], referenceFile, scriptFile].filter((file) => !files.includes(file))
    if (missing.length > 0) {
      result.left.push({ name, because: `there is no ${missing.join(' and no ')}` })
      continue
    }
    const reference = await read(referenceFile)
    const script = await read(scriptFile)
    const because = unfitBecause(reference, script)
    if (because !== undefined) {
      result.left.push({ name, because })
      continue
    }
    const context = files.filter((file) => ![...allQuestions, referenceFile, scriptFile].includes(file))
    const objects = parseAnswer(reference).documents.filter(isObject)
    result.tasks.push({
      name,
      category: path
        .basename(path.dirname(place))
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-'),
      level: levelOf(reference),
      split: 'train',
      instruction: `${(await read(questionFiles[question])).trim()}\n\nAnswer with the complete YAML. If a detail is missing, choose what is most sensible.\n`,
      spec: manifestSpecSchema.parse({
        operation: 'create',
        namespace: name.slice(0, 63).replace(/-+$/, ''),
        'pod-security': 'privileged',
        allow: [...everythingAllowed],
        'unit-test': {
          script,
          marker,
          'answer-file': referenceFile,
          files: Object.fromEntries(await Promise.all(context.map(async (file) => [file, await read(file)] as const))),
        },
      }),
      world: [],
      reference,
      images: [...new Set([...objects, ...embedded(script)].flatMap(imagesOf))],
      wrong: plainMistakes(reference).filter(({ text }) => text !== reference),
    })
  }
  return splitImported(result)
}

/** Nobody who wrote these questions had our level 4 in mind. */
const everythingAllowed = [
  'L4/pod-security',
  'L4/rbac-wildcard',
  'L4/rbac-escalation',
  'L4/rbac-binding',
  'L4/plaintext-secret',
  'L4/resource-limits',
  'L4/image-pinned',
]

/** Why a problem cannot be judged in one namespace of a cluster that others use too. */
function unfitBecause(reference: string, script: string): string | undefined {
  if (!script.includes(marker)) return `its unit test never prints ${marker}`
  const { documents, findings } = parseAnswer(reference)
  if (findings.length > 0) return `its reference is not YAML: ${findings[0]?.because}`
  const other = documents.find((document) => !isObject(document))
  if (other !== undefined) return 'its reference is no Kubernetes object'
  const objects = documents.filter(isObject)
  const custom = objects.find((object) => kindOf(object) === undefined)
  if (custom) return `${nameObject(custom)} is of a kind that a plain cluster does not serve`
  const wide = objects.find((object) => kindOf(object)?.isNamespaced === false)
  if (wide) return `${nameObject(wide)} lies in no namespace`
  const placed = objects.find(({ metadata }) => metadata.namespace !== undefined)
  if (placed) return `${nameObject(placed)} names a namespace of its own`
  const code = script.replaceAll(/^\s*#.*$/gm, '')
  const [tool] = /\b(minikube|docker|istioctl|envoy|helm)\b/.exec(code) ?? []
  if (tool !== undefined) return `its unit test uses ${tool}`
  if (/\bcreate\s+(ns|namespaces?)\b|(^|\s)(-n|--namespace)[ =]\S|(^|\s)(-A|--all-namespaces)\b/m.test(code))
    return 'its unit test uses other namespaces'
  if (
    /\b(nodes?|clusterroles?|clusterrolebindings?|persistentvolumes?|pv|storageclass(es)?|sc)\b(?!\S*[./])/.test(
      wordsAfterKubectl(code),
    )
  )
    return 'its unit test asks for what lies in no namespace'
  if (/--as[ =]/.test(code)) return 'its unit test takes on other identities'
  return undefined
}

/** The kinds that kubectl is asked about, apart from all other words of a script. */
function wordsAfterKubectl(code: string): string {
  return [
    ...code.matchAll(
      /\bkubectl\s+(?:get|describe|delete|label|annotate|taint|cordon|create|wait|patch)\s+([^|&;\n]*)/g,
    ),
  ]
    .map(([, words = '']) => words.split(/\s+/)[0] ?? '')
    .join('\n')
}

/** Objects that a script writes itself, for their images. */
function embedded(script: string): KubeObject[] {
  const here = [...script.matchAll(/<<-?\s*['"]?(\w+)['"]?[^\n]*\n([^]*?)\n\s*\1\b/g)].map(([, , text = '']) => text)
  return here.flatMap((text) => parseAnswer(text).documents.filter(isObject))
}

/** Every folder that has a file of a problem in it, in the order of the numbers in their names. */
async function problemsBelow(dir: string, depth = 4): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true })
  if (entries.some(({ name }) => name === scriptFile || name === referenceFile)) return [dir]
  if (depth === 0) return []
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
  const byNumber = folders.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  const below = await Promise.all(byNumber.map(({ name }) => problemsBelow(path.join(dir, name), depth - 1)))
  return below.flat()
}

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .toSorted()
}
