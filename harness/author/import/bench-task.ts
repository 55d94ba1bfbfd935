import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { InputError } from '../../base/errors.ts'
import { checkAgainst } from '../../base/schema-problems.ts'
import { difficulties } from '../../task/kubemend-metadata.ts'
import { showPath } from '../../task/problem.ts'
import { readYaml } from '../../task/yaml-documents.ts'
import type { Skeleton } from '../new/skeleton.ts'

/** A task of k8s-ai-bench as a skeleton of ours, and what its author still has to do. */
export interface ImportedTask {
  skeleton: Skeleton
  remarks: string[]
}

/**
 * Reads a task folder of k8s-ai-bench. Its setup becomes the fault, with all its files in one script; its verifier is
 * the judge until somebody writes a contract.
 */
export async function importBenchTask(dir: string): Promise<ImportedTask> {
  const task = await readBenchYaml(dir)
  const setup = await readScript(dir, task.setup)
  const verifier = await readScript(dir, task.verifier)
  const prompt = await promptOf(dir, task.script)
  const problems = [
    ...(prompt === undefined ? ['task.yaml: script: expected a prompt or a promptFile'] : []),
    ...(setup === undefined ? ['task.yaml: setup: expected a script, which makes what is to be repaired'] : []),
    ...(verifier === undefined ? [noVerifier(task.expect.length > 0)] : []),
  ]
  if (prompt === undefined || setup === undefined || verifier === undefined)
    throw new InputError(problems.map((problem) => `${showPath(dir)}: ${problem}`))
  const artifacts = await readArtifacts(dir)
  const all = [setup, verifier, ...Object.values(artifacts)].join('\n')
  const namespaces = namespacesIn(all)
  const grants = namespaces.length > 0 ? ['edit'] : ['edit -n default']
  return {
    skeleton: {
      description: firstSentence(prompt),
      difficulty: difficulties.find((word) => word === task.difficulty) ?? 'medium',
      category: 'imported',
      tags: ['k8s-ai-bench'],
      permissions: grants,
      files: {
        'README.md': readme(path.basename(dir)),
        'instruction.md': `${prompt.trim()}\n`,
        'environment/world/00-namespaces.yaml': namespacesYaml(namespaces),
        'environment/fault/10-setup.sh': setupScript({ setup: withKnownNamespaces(setup), artifacts }),
        'solution/solve.sh': solveScript,
        'tests/verify.sh': withShebang(verifier),
        'tests/test.sh': testScript,
      },
    },
    remarks: [
      'solution/solve.sh: nobody has written the repair yet',
      'tests/: judged by verify.sh; a contract would also judge what else a repair breaks',
      ...(/\bsleep\s+\d/.test(setup + verifier) ? ['scripts sleep: wait for conditions instead'] : []),
      ...(task.expect.length > 0 ? ['what the answer was expected to say is not judged'] : []),
      ...(namespaces.length === 0 ? ['no namespace of its own: everything is in default'] : []),
    ],
  }
}

interface BenchYaml {
  script: { prompt?: string | undefined; promptFile?: string | undefined }[]
  setup?: string | undefined
  verifier?: string | undefined
  difficulty?: string | undefined
  expect: unknown[]
}

/** Theirs is read leniently: what we have no use for is nobody's mistake. */
const schema: z.ZodType<BenchYaml> = z.object({
  script: z.array(z.object({ prompt: z.string().optional(), promptFile: z.string().optional() })).min(1),
  setup: z.string().optional(),
  verifier: z.string().optional(),
  difficulty: z.string().optional(),
  expect: z.array(z.unknown()).default([]),
})

async function readBenchYaml(dir: string): Promise<BenchYaml> {
  const file = path.join(dir, 'task.yaml')
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) throw new InputError([`${showPath(dir)}: expected a folder of k8s-ai-bench with a task.yaml`])
  const { documents, problems } = readYaml(text)
  const checked = problems.length > 0 ? undefined : checkAgainst(schema, documents[0]?.value)
  if (checked?.value) return checked.value
  const all =
    checked?.problems.map(({ path: at, message }) => `${at}: ${message}`) ?? problems.map(({ message }) => message)
  throw new InputError(all.map((problem) => `${showPath(file)}: ${problem}`))
}

async function readScript(dir: string, name: string | undefined): Promise<string | undefined> {
  return name === undefined ? undefined : readFile(path.join(dir, name), 'utf8').catch(() => undefined)
}

async function promptOf(dir: string, [first]: BenchYaml['script']): Promise<string | undefined> {
  if (first?.prompt !== undefined) return first.prompt
  return first?.promptFile === undefined ? undefined : readScript(dir, first.promptFile)
}

function noVerifier(expectsWords: boolean): string {
  return expectsWords
    ? 'task.yaml: it asks for words in an answer, and nothing in a cluster would be judged: not a repair'
    : 'task.yaml: verifier: expected a script, which judges'
}

/** Every text file besides the scripts, by its path. */
async function readArtifacts(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .filter((file) => !['task.yaml', 'setup.sh', 'verify.sh', 'cleanup.sh'].includes(file))
    .toSorted()
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(path.join(dir, file), 'utf8')]))
  return Object.fromEntries(texts) as Record<string, string>
}

/** Namespaces that scripts and manifests name, without the cluster's own. */
function namespacesIn(text: string): string[] {
  const variables = new Map(
    [...text.matchAll(/^\s*(?:export\s+)?(\w+)=["']?([a-z0-9-]+)["']?\s*$/gm)].map((match) => [
      match[1],
      match[2] ?? '',
    ]),
  )
  const resolve = (word: string): string => {
    const name = /^\$\{?(\w+)\}?$/.exec(word)?.[1]
    return name === undefined ? word : (variables.get(name) ?? '')
  }
  const named = [
    ...text.matchAll(/\bcreate\s+(?:namespace|ns)\s+["']?([\w${}-]+)/g),
    ...text.matchAll(/(?:^|\s)(?:-n|--namespace)[\s=]+["']?([\w${}-]+)/gm),
    ...text.matchAll(/^\s*namespace:\s*["']?([a-z0-9-]+)/gm),
    ...text.matchAll(/^kind:\s*Namespace\s*\nmetadata:\s*\n\s+name:\s*([a-z0-9-]+)/gm),
  ].map((match) => resolve(match[1] ?? ''))
  const isOwn = (name: string): boolean =>
    /^[a-z0-9][a-z0-9-]*$/.test(name) && name !== 'default' && !name.startsWith('kube-')
  return [...new Set(named)].filter(isOwn).toSorted()
}

function namespacesYaml(namespaces: readonly string[]): string {
  return (namespaces.length > 0 ? namespaces : ['default'])
    .map((name) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`)
    .join('---\n')
}

/** Our world has the namespaces already: making one again is no failure. */
function withKnownNamespaces(setup: string): string {
  return setup.replaceAll(
    /^([ \t]*)kubectl create (?:namespace|ns) ("?[\w${}-]+"?)[ \t]*(?=$|&&|;|#)/gm,
    '$1{ kubectl get namespace $2 >/dev/null 2>&1 || kubectl create namespace $2; } ',
  )
}

/** One script that has all files of the setup in it, because a fault is one file. */
function setupScript({ setup, artifacts }: { setup: string; artifacts: Record<string, string> }): string {
  const files = Object.entries({ ...artifacts, 'setup.sh': setup }).flatMap(([file, text]) => {
    const folder = path.posix.dirname(file)
    const word = endWordFor(text)
    return [
      ...(folder === '.' ? [] : [`mkdir -p "$dir/${folder}"`]),
      `cat > "$dir/${file}" <<'${word}'`,
      text.replace(/\n?$/, ''),
      word,
    ]
  })
  return ['#!/bin/bash', 'set -euo pipefail', 'dir=$(mktemp -d)', ...files, 'cd "$dir"', 'bash ./setup.sh', ''].join(
    '\n',
  )
}

/** A word that no line of the text is. */
function endWordFor(text: string): string {
  const lines = new Set(text.split('\n'))
  let word = 'END_OF_FILE'
  while (lines.has(word)) word += '_'
  return word
}

const solveScript = `#!/bin/bash
# The repair, with the agent's own permissions.
set -euo pipefail
echo "nobody has written this repair yet" >&2
exit 1
`

const testScript = `#!/bin/bash
mkdir -p /logs/verifier
cd /tests || exit 1
if bash ./verify.sh; then echo 1; else echo 0; fi > /tmp/reward
tail -n 1 /tmp/reward > /logs/verifier/reward.txt
`

function withShebang(script: string): string {
  return script.startsWith('#!') ? script : `#!/bin/bash\n${script}`
}

function firstSentence(prompt: string): string {
  const line = prompt.trim().split('\n')[0] ?? ''
  const sentence = /^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line
  return sentence.length > 120 ? `${sentence.slice(0, 117)}...` : sentence
}

function readme(name: string): string {
  return `# ${name}

Imported from k8s-ai-bench (Apache-2.0), where it is called \`${name}\`.

**Story.** As instruction.md tells it.

**Cause.** What environment/fault/10-setup.sh does.

**Intended repair.** ...

**Traps.** ...
`
}
