import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { InputError, messageOf } from '../../../../base/errors.ts'
import { importJsonl } from '../../../../manifest/import/import-jsonl.ts'
import { defineCommand, jsonFlag, type Command } from '../../../define-command.ts'
import { writeImported } from './write-imported.ts'

export const jsonl: Command = defineCommand({
  summary: 'Makes tasks of a JSONL file of requests and references.',
  positionals: 'FILE DIR',
  flags: {
    prompt: {
      type: 'string',
      value: 'FIELD',
      default: 'prompt',
      summary: 'the field of the request: messages.0.content',
    },
    reference: { type: 'string', value: 'FIELD', default: 'reference', summary: 'the field of the reference' },
    json: jsonFlag,
  },
  details:
    'Of an answer is asked what the reference has and the request names: each object by kind and name, and every property whose value stands in the request.',
  async run({ flags, positionals: [file = '', dir = ''] }) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new InputError([`${file}: ${messageOf(error)}`], { cause: error })
    })
    const prefix = path
      .basename(file)
      .replace(/\.[^.]*$/, '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
    const imported = importJsonl(text, prefix || 'jsonl', { prompt: flags.prompt, reference: flags.reference })
    return writeImported(imported, dir, 'imported', flags.json)
  },
})
