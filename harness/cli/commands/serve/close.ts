import { cp, mkdir } from 'node:fs/promises'
import http from 'node:http'
import { sleep } from '../../../base/clock.ts'
import { isRunning } from '../../../base/daemon.ts'
import { InputError, KubemendError } from '../../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson } from '../../output.ts'
import { filesOf, readEnd, readServer, type ServedEnd } from './served-trial.ts'

export const close: Command = defineCommand({
  summary: 'Says that the agent of a served trial is done, and waits for the verdict.',
  positionals: 'DIR',
  flags: {
    evidence: { type: 'string', value: 'DIR', summary: "where a copy of the trial's folder goes" },
    json: jsonFlag,
  },
  details: 'Exit code 0 when there is a verdict, 3 when the trial is invalid.',
  async run({ flags, positionals: [dir = ''] }) {
    await tell(filesOf(dir).socket)
    const end = await untilEnded(dir)
    if (flags.evidence !== undefined) {
      await mkdir(flags.evidence, { recursive: true })
      await cp(end.dir, flags.evidence, { recursive: true })
    }
    if (flags.json) printJson(end)
    else print(`${end.outcome}: ${end.because}`)
    return end.outcome === 'invalid' ? 3 : 0
  },
})

/** Nobody there to be told means that the agent is done already, or never came. */
function tell(socketPath: string): Promise<void> {
  return new Promise((resolve) => {
    const request = http.request({ socketPath, path: '/over', method: 'POST' }, (response) => {
      response.resume()
      response.on('close', resolve)
    })
    request.on('error', () => resolve())
    request.end()
  })
}

async function untilEnded(dir: string): Promise<ServedEnd> {
  const server = await readServer(dir)
  if (!server) throw new InputError([`${dir}: nothing is served there`])
  for (;;) {
    const wasRunning = isRunning(server)
    const end = await readEnd(dir)
    if (end) return end
    if (!wasRunning) throw new KubemendError('served-trial-died', `what served ${dir} ended without a verdict`)
    await sleep(200)
  }
}
