import { parsePatterns } from '../../record/redact-patterns.ts'
import { publishSite } from '../../report/publish/publish-site.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { print, printJson, say } from '../output.ts'
import { version } from '../version.ts'

export const publish: Command = defineCommand({
  summary: 'Makes a site of static files from jobs: every number leads to its evidence.',
  positionals: 'JOB...',
  flags: {
    out: { type: 'string', value: 'DIR', default: 'site', summary: 'where the site goes' },
    title: { type: 'string', value: 'TEXT', default: 'Kubemend results', summary: 'what stands above it' },
    private: {
      type: 'string',
      isMultiple: true,
      value: 'GLOB',
      summary: 'tasks that are held out: their verdicts are told, their solutions and steps are not',
    },
    redact: {
      type: 'string',
      isMultiple: true,
      value: 'PATTERN',
      summary: 'a regular expression for what else must go',
    },
    json: jsonFlag,
  },
  details: `JOB is a job's folder, or a folder of jobs. Credentials are taken out of everything, and redactions.json says what was taken out
where. Nothing is published when a record was tampered with, or when something that looks like a credential is left. Example:

  kubemend publish results/2026-11-21__12-00-00 --out site --private 'core/held-out-*'`,
  async run({ flags, positionals }) {
    const patterns = parsePatterns(flags.redact)
    let toldAt = Date.now()
    const publication = await publishSite({
      jobs: positionals,
      out: flags.out,
      title: flags.title,
      kubemend: version,
      patterns,
      isHeldOut: (task) => flags.private.some((glob) => matches(task, glob)),
      onProgress(done, total) {
        if (Date.now() - toldAt < 2000) return
        toldAt = Date.now()
        say(`${done} of ${total} trials`)
      },
    })
    const unused = flags.private.filter((glob) => !publication.heldOut.some((task) => matches(task, glob)))
    for (const glob of unused) say(`--private ${glob}: no task of these jobs is called so`)
    if (flags.json) return printJson(publication)
    const { out, pages, trials, heldOut, leftOut, redaction } = publication
    print(`${out}/index.html: ${pages} pages of ${trials} trials, every record whole`)
    print(`${redaction.total} credentials taken out${redaction.total === 0 ? '' : ', see redactions.json'}`)
    for (const { name, because } of redaction.skipped) print(`  ${name} stays: it is ${because}`)
    if (heldOut.length > 0) print(`held out: ${heldOut.join(', ')}`)
    if (leftOut > 0) print(`left out: ${leftOut} trials that have not ended`)
  },
})

/** A task's id, or its name alone. */
function matches(task: string, glob: string): boolean {
  const pattern = new RegExp(`^${glob.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*')}$`)
  return pattern.test(task) || pattern.test(task.split('/').at(-1) ?? task)
}
