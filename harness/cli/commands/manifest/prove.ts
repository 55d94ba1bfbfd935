import { appendFile, readFile } from 'node:fs/promises'
import { verifiers } from '../../../../verifiers/library.ts'
import { parseDuration } from '../../../base/duration.ts'
import { InputError } from '../../../base/errors.ts'
import { KubeClient } from '../../../base/kube-client.ts'
import { proveTasks, summarizeProof, type ProofRow } from '../../../manifest/prove-tasks.ts'
import { evaluationAudit } from '../../../manifest/site/evaluation-audit.ts'
import { selectTasks } from '../../../task/find-tasks.ts'
import { specOf } from '../../../trial/prepare-cluster.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say } from '../../output.ts'
import { loadProvider } from '../../providers.ts'
import { unitTestRunner } from '../../unit-test-runner.ts'

export const prove: Command = defineCommand({
  summary: 'Proves manifest tasks on one cluster: references pass every stage, wrong answers fail where they should.',
  positionals: '[TASK...]',
  flags: {
    kubeconfig: { type: 'string', value: 'FILE', summary: 'a cluster to use; without it one is made and taken down' },
    cluster: { type: 'string', value: 'PROVIDER', default: 'node', summary: 'what makes that cluster' },
    concurrency: { type: 'string', value: 'N', default: '8', summary: 'answers at once, each in its own namespace' },
    out: { type: 'string', value: 'FILE', summary: 'add each answer as a line to FILE, and go on where it ends' },
    for: { type: 'string', value: 'TIME', summary: 'begin nothing after this time: 4m' },
    name: { type: 'string', isMultiple: true, value: 'GLOB', summary: 'only tasks of such a name' },
    json: jsonFlag,
  },
  details: 'Exit code 0 when every answer did what its task says, 1 when one did not or is left.',
  async run({ flags, positionals }) {
    const forMs = flags.for === undefined ? undefined : parseDuration(flags.for)
    if (flags.for !== undefined && forMs === undefined)
      throw new InputError([`--for ${flags.for}: expected a time such as 4m`])
    const paths = positionals.length > 0 ? positionals : ['manifests']
    const chosen = await selectTasks({ paths, names: flags.name }, { verifiers })
    const tasks = chosen.flatMap(({ manifest, name, world, images }) =>
      manifest ? [{ ...manifest, name, images, world: world.map(({ object }) => object) }] : [],
    )
    const [first] = chosen.filter(({ manifest }) => manifest)
    if (!first) throw new InputError([`${paths.join(' ')}: no task there is of kind manifest`])
    const done = flags.out === undefined ? [] : await readRows(flags.out)
    await using borrowed =
      flags.kubeconfig === undefined
        ? await makeCluster(flags.cluster, {
            ...first,
            images: [...new Set(chosen.flatMap(({ images }) => images))],
          })
        : { kubeconfig: flags.kubeconfig, [Symbol.asyncDispose]: (): Promise<void> => Promise.resolve() }
    using client = await KubeClient.fromKubeconfig(borrowed.kubeconfig)
    const startedAt = performance.now()
    let count = done.length
    const answers = tasks.reduce((sum, { wrong }) => sum + 1 + wrong.length, 0)
    let written = Promise.resolve()
    const runUnitTest = await unitTestRunner(tasks.map(({ spec }) => spec))
    const rows = await proveTasks(tasks, {
      client,
      ...(runUnitTest ? { runUnitTest } : {}),
      concurrency: Number(flags.concurrency),
      signal: new AbortController().signal,
      done,
      ...(forMs === undefined ? {} : { until: Date.now() + forMs }),
      onRow(row) {
        count++
        const { out } = flags
        if (out !== undefined) written = written.then(() => appendFile(out, `${JSON.stringify(row)}\n`))
        if (!row.isProven) say(`NOT PROVEN ${row.task} ${row.answer}: ${wordRow(row)}`)
        if (count % 100 === 0) say(`${count} of ${answers} answers`)
      },
    })
    await written
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    const summary = { ...summarizeProof(rows), left: answers - rows.length, seconds }
    if (flags.json) printJson({ summary, notProven: rows.filter(({ isProven }) => !isProven) })
    else print(JSON.stringify(summary))
    return summary.proven === answers ? 0 : 1
  },
})

async function makeCluster(
  name: string,
  task: Parameters<typeof specOf>[0],
): Promise<AsyncDisposable & { kubeconfig: string }> {
  const provider = await loadProvider(name)
  const cluster = await provider.create(
    { ...specOf(task, `prove-${process.pid}`), auditPolicy: evaluationAudit },
    {
      owner: 'this-process',
      onProgress: say,
    },
  )
  return cluster
}

async function readRows(file: string): Promise<ProofRow[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as ProofRow]))
}

function wordRow({ expected, failedAt, because }: ProofRow): string {
  return `expected ${expected ?? 'to pass'}, ${failedAt === undefined ? 'it passed' : `failed at ${failedAt}: ${because}`}`
}
