import { verifiers } from '../../../verifiers/library.ts'
import { InputError } from '../../base/errors.ts'
import { jsonSchema, schemaNames } from '../../task/json-schemas.ts'
import { defineCommand, type Command } from '../define-command.ts'
import { printJson } from '../output.ts'

export const schema: Command = defineCommand({
  summary: 'Prints the JSON Schema of a file format, for editors.',
  positionals: 'NAME',
  details: `NAME is one of ${schemaNames.join(', ')}. The same documents lie in docs/schemas/.`,
  run({ positionals: [given] }) {
    const name = schemaNames.find((one) => one === given)
    if (!name) throw new InputError([`schema ${given}: expected one of ${schemaNames.join(', ')}`])
    printJson(jsonSchema(name, verifiers))
    return Promise.resolve(0)
  },
})
