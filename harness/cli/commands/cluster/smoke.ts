import { findKubectl } from '../../../../environments/smoke/find-kubectl.ts'
import { loadSmokeImages } from '../../../../environments/smoke/load-smoke-images.ts'
import { runSmoke } from '../../../../environments/smoke/run-smoke.ts'
import { themes } from '../../../../environments/smoke/themes.ts'
import { startTimer } from '../../../base/clock.ts'
import { InputError } from '../../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say, table } from '../../output.ts'
import { findCluster } from './find-cluster.ts'

export const smoke: Command = defineCommand({
  summary: 'Checks that a cluster behaves as any conformant one does.',
  positionals: '[NAME]',
  flags: {
    only: { type: 'string', value: 'TEXT', summary: 'only checks whose theme or name has this in it' },
    concurrency: { type: 'string', value: 'N', default: '6', summary: 'how many checks at once' },
    json: jsonFlag,
  },
  details: 'Each check works in a namespace of its own, which is removed. docs/smoke.md lists them.',
  async run({ flags, positionals }) {
    const concurrency = Number(flags.concurrency)
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new InputError([`--concurrency ${flags.concurrency}: expected a number from 1`])
    }
    const elapsed = startTimer()
    const cluster = await findCluster(positionals[0])
    await loadSmokeImages(cluster, say)
    const results = await runSmoke(cluster, {
      themes,
      kubectl: await findKubectl(cluster.spec.kubernetes),
      concurrency,
      ...(flags.only === undefined ? {} : { only: flags.only }),
      onResult: ({ theme, name, status, ms, because }) => {
        say(`${status.padEnd(7)} ${String(ms).padStart(6)} ms  ${theme}: ${name}`)
        if (status === 'failed') say(`        ${because}`)
      },
    })
    const count = (status: string): number => results.filter((r) => r.status === status).length
    const summary = {
      ok: count('ok'),
      failed: count('failed'),
      skipped: count('skipped'),
      ms: Math.round(elapsed()),
    }
    if (flags.json) printJson({ cluster: cluster.name, summary, checks: results })
    else {
      const rows = results.map((r) => [r.theme, r.name, r.status, String(r.ms), r.because?.split('\n')[0] ?? ''])
      print(table(['THEME', 'CHECK', 'STATUS', 'MS', 'BECAUSE'], rows))
      print(
        `\n${summary.ok} ok, ${summary.failed} failed, ${summary.skipped} skipped in ${(summary.ms / 1000).toFixed(1)} s`,
      )
    }
    return summary.failed > 0 ? 1 : 0
  },
})
