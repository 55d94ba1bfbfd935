import { InputError } from '../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { checkMachine, type Finding } from '../doctor/check-machine.ts'
import { print, printJson } from '../output.ts'

export const doctor: Command = defineCommand({
  summary: 'Says what this machine can and cannot run, each line with the cure.',
  flags: {
    fix: { type: 'string', value: 'WHAT', choices: ['docker'], summary: 'change something here so that more can run' },
    undo: { type: 'boolean', summary: 'take back what --fix did' },
    json: jsonFlag,
  },
  details: `Without --fix nothing is changed. --fix docker starts a dockerd of our own for --cluster kind, in namespaces of its own
(Debian's packages, unpacked into the cache; wants root); --undo ends it and removes what it wrote.

Exit code 0 when at least one kind of cluster can run here, 1 otherwise.`,
  async run({ flags }) {
    if (flags.undo && flags.fix === undefined) throw new InputError(['--undo: expected --fix docker beside it'])
    if (flags.fix === 'docker') {
      const { fixDocker, undoFixDocker } = await import('../doctor/fix-docker.ts')
      const said = await (flags.undo ? undoFixDocker() : fixDocker())
      if (flags.json) printJson({ fix: 'docker', undone: flags.undo, says: said.split('\n') })
      else print(said)
      return 0
    }
    const findings = await checkMachine()
    const canRun = findings.some((finding) => finding.isCluster && finding.status === 'ok')
    if (flags.json) printJson({ canRun, findings })
    else for (const finding of findings) print(render(finding))
    return canRun ? 0 : 1
  },
})

function render({ name, status, says, cure }: Finding): string {
  const line = `${marks[status]} ${name.padEnd(18)} ${says}`
  return cure === undefined ? line : `${line}\n${' '.repeat(21)}cure: ${cure}`
}

const marks = { ok: '✓', limited: '~', no: '✗' } as const
