import { ensureBinaries } from '../../../environments/node/binaries.ts'
import { findNodeProblems } from '../../../environments/node/node-problems.ts'
import { defaultMinor, nodeVersions } from '../../../environments/node/versions.ts'
import { addonImages } from '../../../environments/addons/install-addons.ts'
import { addonNames } from '../../../environments/provider.ts'
import { verifiers } from '../../../verifiers/library.ts'
import { ensureImages } from '../../../environments/images/ensure-images.ts'
import { startTimer } from '../../base/clock.ts'
import { selectTasks } from '../../task/find-tasks.ts'
import { specOf } from '../../trial/prepare-cluster.ts'
import { defineCommand, type Command } from '../define-command.ts'
import { say } from '../output.ts'

export const prepare: Command = defineCommand({
  summary: 'Makes or downloads ahead of time what clusters need.',
  positionals: '[TASK...]',
  flags: {
    for: { type: 'string', value: 'PURPOSE', default: 'start', choices: ['start', 'test', 'cli'], summary: 'what for' },
  },
  details:
    'With tasks, what their clusters need. Nothing is done, and nothing said, when it is all in the cache already.',
  async run({ flags, positionals }) {
    if (positionals.length > 0) return prepareFor(positionals)
    if (flags.for === 'cli' || (await findNodeProblems()).length > 0) return
    const elapsed = startTimer()
    const onProgress = (line: string): void => say(`setup: ${line}`)
    await ensureBinaries(defaultMinor, onProgress)
    const { pauseImage, corednsImage } = nodeVersions[defaultMinor] ?? { pauseImage: '', corednsImage: '' }
    const images = flags.for === 'test' ? testImages : startImages
    await ensureImages([pauseImage, corednsImage, ...images], { onProgress })
    if (elapsed() > 5_000) say(`setup: ready after ${Math.round(elapsed() / 1000)} s; the next time takes none`)
  },
})

/** On machines that cannot run a cluster, too: an image that will is made where nothing is privileged. */
async function prepareFor(paths: string[]): Promise<void> {
  const tasks = (await selectTasks({ paths }, { verifiers, mayLackSolution: true })).filter(
    ({ cluster }) => cluster !== undefined,
  )
  const onProgress = (line: string): void => say(`setup: ${line}`)
  const specs = tasks.map((task) => specOf(task, 'prepared'))
  for (const minor of new Set(specs.map(({ kubernetes }) => kubernetes))) {
    await ensureBinaries(minor, onProgress)
    const { pauseImage, corednsImage } = nodeVersions[minor] ?? { pauseImage: '', corednsImage: '' }
    await ensureImages([pauseImage, corednsImage], { onProgress })
  }
  await ensureImages([...new Set(specs.flatMap(({ images, addons }) => [...images, ...addonImages(addons)]))], {
    onProgress,
  })
}

/** What `npm start` shows. */
const startImages = ['kubemend/echo:1', 'busybox:1.37']
/** What the cluster suites use besides. */
const testImages = [...startImages, ...addonImages([...addonNames]), 'busybox:1.36', 'nginx:1.27']
