import { InputError } from '../../base/errors.ts'
import { serveReport } from '../../report/serve-report.ts'
import { defineCommand, type Command } from '../define-command.ts'
import { print } from '../output.ts'
import { version } from '../version.ts'

export const view: Command = defineCommand({
  summary: 'Serves the pages of results on this machine, also while trials run.',
  positionals: '[RESULTS]',
  flags: { port: { type: 'string', value: 'PORT', default: '4180', summary: 'on 127.0.0.1; 0 for any that is free' } },
  details: 'RESULTS is a job or a folder of jobs [results]. Nothing is redacted: the pages are for you alone.',
  async run({ flags, positionals: [results = 'results'] }) {
    const port = Number(flags.port)
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new InputError([`--port ${flags.port}: expected 0 to 65535`])
    await using server = await serveReport({ results, port, kubemend: version })
    print(`${server.url}  (Ctrl-C ends it)`)
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve)
      process.once('SIGTERM', resolve)
    })
  },
})
