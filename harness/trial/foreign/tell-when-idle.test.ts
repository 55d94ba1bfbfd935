import { expect, it } from 'vitest'
import { runCommand } from '../../base/command.ts'
import { tellWhenIdle } from './tell-when-idle.ts'

const cases: Record<string, string[]> = {
  'an entrypoint that becomes its command': ['bash', '-c', 'echo set; exec "$@"', 'entry', 'sleep', 'infinity'],
  'an entrypoint that becomes a shell': ['bash', '-c', 'echo set; exec "$@"', 'entry', 'sh', '-c', 'sleep infinity'],
  'a command line that waits at its end': ['bash', '-c', 'echo set && exec tail -f /dev/null'],
  'a program that waits': ['env', 'tail', '-f', '/dev/null'],
}

for (const [name, argv] of Object.entries(cases)) {
  it(`tells when ${name} has come so far`, async () => {
    // the word ends the test's shell, which would wait for ever otherwise
    const told = tellWhenIdle(argv, 'echo waits; exit 7')
    const { stdout, exitCode } = await runCommand(told, { timeoutMs: 30_000 })
    expect([stdout.endsWith('waits\n'), exitCode]).toEqual([true, 7])
  })
}

it('does not tell of what fails before it', async () => {
  const told = tellWhenIdle(['bash', '-c', 'false && sleep infinity'], 'echo waits')
  expect((await runCommand(told, { timeoutMs: 30_000 })).stdout).toBe('')
})

it('leaves alone what waits in its own way', () => {
  expect(tellWhenIdle(['/serve.sh', '--forever'], 'x')).toEqual(['/serve.sh', '--forever'])
})
