import path from 'node:path'
import { exportTrial } from '../../../report/export/export-trial.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson } from '../../output.ts'
import { version } from '../../version.ts'

export const trial: Command = defineCommand({
  summary: "Writes a trial's page as one HTML file that needs nothing else.",
  positionals: 'TRIAL',
  flags: { out: { type: 'string', value: 'FILE', summary: 'the file [the name of the trial]' }, json: jsonFlag },
  details: 'TRIAL is the folder of a trial. Credentials are taken out, as by `kubemend publish`.',
  async run({ flags, positionals: [folder = ''] }) {
    const out = flags.out ?? `${path.basename(path.resolve(folder))}.html`
    const exported = await exportTrial({ trial: folder, out, kubemend: version })
    if (flags.json) printJson(exported)
    else print(`${exported.out}: ${exported.redacted} credentials taken out`)
  },
})
