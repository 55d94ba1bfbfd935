import { readFile } from 'node:fs/promises'
import { verifiers } from '../../../../verifiers/library.ts'
import { InputError, messageOf } from '../../../base/errors.ts'
import { KubeClient } from '../../../base/kube-client.ts'
import { judgeAnswer } from '../../../manifest/judge-answer.ts'
import { createApiSchemas } from '../../../manifest/schema/api-schemas.ts'
import { prepareEvaluation } from '../../../manifest/site/evaluation-identity.ts'
import { Site } from '../../../manifest/site/site.ts'
import { selectTasks } from '../../../task/find-tasks.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson } from '../../output.ts'
import { unitTestRunner } from '../../unit-test-runner.ts'

export const judge: Command = defineCommand({
  summary: 'Judges one answer to one task, stage by stage, with the evidence of each.',
  positionals: 'TASK ANSWER',
  flags: {
    kubeconfig: { type: 'string', value: 'FILE', summary: 'the cluster to try it in [$KUBECONFIG]' },
    'text-only': { type: 'boolean', summary: 'ask the cluster for its schemas only; apply nothing' },
    json: jsonFlag,
  },
  details:
    'ANSWER is a file. Exit code 0 when every stage is met. Example:\n\n  kubemend manifest judge manifests/role-basic-01 answer.yaml --kubeconfig FILE',
  async run({ flags, positionals: [path = '', file = ''] }) {
    const [task] = await selectTasks({ paths: [path] }, { verifiers })
    const { manifest } = task ?? {}
    if (!task || !manifest) throw new InputError([`${path}: expected a task of kind manifest`])
    const answer = await readFile(file).catch((error: unknown) => {
      throw new InputError([`${file}: ${messageOf(error)}`], { cause: error })
    })
    const kubeconfig = flags.kubeconfig ?? process.env['KUBECONFIG']
    if (kubeconfig === undefined) throw new InputError(['--kubeconfig: missing; expected the cluster to judge against'])
    using client = await KubeClient.fromKubeconfig(kubeconfig)
    if (!flags['text-only']) await prepareEvaluation(client)
    const siteTask = { spec: manifest.spec, world: task.world.map(({ object }) => object) }
    const { signal } = new AbortController()
    const runUnitTest = flags['text-only'] ? undefined : await unitTestRunner([manifest.spec])
    const judgement = await judgeAnswer(answer, {
      spec: manifest.spec,
      reference: manifest.reference,
      schemas: createApiSchemas(client),
      ...(runUnitTest ? { runUnitTest } : {}),
      ...(flags['text-only']
        ? {}
        : { openSite: ({ isAlone }) => Site.open({ client, task: siteTask, signal, isAlone }) }),
    })
    if (flags.json) printJson(judgement)
    else {
      for (const { stage, status, because, findings, notes } of judgement.stages) {
        print(`${stage.padEnd(9)} ${status.padEnd(8)} ${because}`)
        for (const finding of findings.slice(1))
          print(`${' '.repeat(19)}${finding.object ?? ''} ${finding.at ?? ''} ${finding.because}`)
        for (const note of notes) print(`${' '.repeat(19)}note: ${note}`)
      }
    }
    return judgement.failedAt === undefined ? 0 : 1
  },
})
