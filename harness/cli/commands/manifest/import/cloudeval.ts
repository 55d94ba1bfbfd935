import { InputError } from '../../../../base/errors.ts'
import { importCloudEval, questionKinds } from '../../../../manifest/import/import-cloudeval.ts'
import { isFolder } from '../../../../task/path-kind.ts'
import { defineCommand, jsonFlag, type Command } from '../../../define-command.ts'
import { writeImported } from './write-imported.ts'

export const cloudeval: Command = defineCommand({
  summary: "Makes tasks of CloudEval-YAML's dataset: question, context, labelled reference, unit test.",
  positionals: 'SOURCE DIR',
  flags: {
    question: {
      type: 'string',
      default: 'original',
      choices: questionKinds,
      summary: 'which wording of each question',
    },
    json: jsonFlag,
  },
  details: `SOURCE is the unpacked dataset, or a part of it. An answer is judged by unit_test.sh, which runs in the task's namespace on a cluster: passed
when it prints its marker. What needs more than a namespace (nodes, other namespaces, minikube, Istio, Envoy) or images that nobody can
get is left out, each with the reason. \`kubemend manifest prove DIR\` shows which references pass.`,
  async run({ flags, positionals: [source = '', dir = ''] }) {
    if (!(await isFolder(source))) throw new InputError([`${source}: expected the folder of the dataset`])
    const question = questionKinds.find((kind) => kind === flags.question) ?? 'original'
    return writeImported(await importCloudEval(source, question), dir, 'cloudeval', flags.json)
  },
})
