import { verifiers } from '../../../verifiers/library.ts'
import { InputError } from '../../base/errors.ts'
import { jsonSchema, schemaNames } from '../../task/json-schemas.ts'
import { checkReportJsonSchema } from '../../author/check/check-report.ts'
import { defineCommand, type Command } from '../define-command.ts'
import { printJson } from '../output.ts'

/** The files of a task, and what commands print for machines. */
const names = [...schemaNames, 'check'] as const

export const schema: Command = defineCommand({
  summary: 'Prints the JSON Schema of a file format, for editors.',
  positionals: 'NAME',
  details: `NAME is one of ${names.join(', ')}; check is what \`kubemend check --json\` prints. The same documents lie in docs/schemas/.`,
  run({ positionals: [given] }) {
    const name = names.find((one) => one === given)
    if (!name) throw new InputError([`schema ${given}: expected one of ${names.join(', ')}`])
    printJson(name === 'check' ? checkReportJsonSchema() : jsonSchema(name, verifiers))
    return Promise.resolve(0)
  },
})
