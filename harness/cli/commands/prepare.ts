import { ensureBinaries } from '../../../environments/node/binaries.ts'
import { findNodeProblems } from '../../../environments/node/node-problems.ts'
import { defaultMinor, nodeVersions } from '../../../environments/node/versions.ts'
import { addonImages } from '../../../environments/addons/install-addons.ts'
import { addonNames } from '../../../environments/provider.ts'
import { ensureImages } from '../../../environments/images/ensure-images.ts'
import { startTimer } from '../../base/clock.ts'
import { defineCommand, type Command } from '../define-command.ts'
import { say } from '../output.ts'

export const prepare: Command = defineCommand({
  summary: 'Makes or downloads ahead of time what clusters need.',
  flags: {
    for: { type: 'string', value: 'PURPOSE', default: 'start', choices: ['start', 'test', 'cli'], summary: 'what for' },
  },
  details: 'Nothing is done, and nothing said, when it is all in the cache already.',
  async run({ flags }) {
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

/** What `npm start` shows. */
const startImages = ['kubemend/echo:1', 'busybox:1.37']
/** What the cluster suites use besides. */
const testImages = [...startImages, ...addonImages([...addonNames]), 'busybox:1.36', 'nginx:1.27']
