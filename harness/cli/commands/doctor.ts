import { InputError } from '../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { checkMachine, type Finding } from '../doctor/check-machine.ts'
import { print, printJson } from '../output.ts'

export const doctor: Command = defineCommand({
  summary: 'Says what this machine can and cannot run, each line with the cure.',
  flags: {
    fix: { type: 'string', value: 'WHAT', choices: ['docker'], summary: 'change something here so that more can run' },
    undo: { type: 'boolean', summary: 'take back what --fix did' },
    agents: { type: 'boolean', summary: 'says of each agent that is a program what it lacks' },
    json: jsonFlag,
  },
  details: `Without --fix nothing is changed. --fix docker starts a dockerd of our own for --cluster kind, in namespaces of its own
(Debian's packages, unpacked into the cache; wants root); --undo ends it and removes what it wrote.

--agents looks at the programs that can be agents instead: whether they are installed, and the key that each wants. Exit code
0 when none lacks anything.

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
    if (flags.agents) {
      const { inspectClis } = await import('../../../agents/cli/check-cli.ts')
      const clis = await inspectClis(process.env)
      if (flags.json) printJson({ agents: clis })
      else
        for (const { maker, ...finding } of clis)
          print(render({ ...finding, name: `${finding.name} (${maker})`.padEnd(24) }))
      return clis.every(({ status }) => status === 'ok') ? 0 : 1
    }
    const findings = await checkMachine()
    const canRun = findings.some((finding) => finding.isCluster && finding.status === 'ok')
    if (flags.json) printJson({ canRun, findings })
    else for (const finding of findings) print(render(finding))
    return canRun ? 0 : 1
  },
})

function render({ name, status, says, cure }: Pick<Finding, 'name' | 'status' | 'says' | 'cure'>): string {
  const width = name.length > 18 ? 24 : 18
  const line = `${marks[status]} ${name.padEnd(width)} ${says}`
  return cure === undefined ? line : `${line}\n${' '.repeat(width + 3)}cure: ${cure}`
}

const marks = { ok: '✓', limited: '~', no: '✗' } as const
