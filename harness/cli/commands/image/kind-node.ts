import { copyFile, stat } from 'node:fs/promises'
import { ensureNodeImage } from '../../../../environments/kind/node-image/node-image.ts'
import { defaultMinor, nodeVersions } from '../../../../environments/node/versions.ts'
import { startTimer } from '../../../base/clock.ts'
import { InputError } from '../../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say } from '../../output.ts'

export const kindNode: Command = defineCommand({
  summary: 'Makes a node image for kind from Debian packages and the binaries of the embedded cluster.',
  flags: {
    kubernetes: { type: 'string', value: 'MINOR', default: defaultMinor, summary: 'Kubernetes version' },
    out: { type: 'string', value: 'FILE', summary: 'copy the archive there' },
    json: jsonFlag,
  },
  details: `It keeps the contract of kindest/node, so stock kind works with it:

  docker load --input FILE
  kind create cluster --image TAG

--cluster kind makes and loads it by itself where kindest/node cannot be pulled. Wants root and mmdebstrap, the first time.`,
  async run({ flags }) {
    if (!nodeVersions[flags.kubernetes]) {
      const known = Object.keys(nodeVersions).join(', ')
      throw new InputError([`--kubernetes ${flags.kubernetes}: expected one of ${known}`])
    }
    const elapsed = startTimer()
    const { tag, archive, key } = await ensureNodeImage(flags.kubernetes, { onProgress: say })
    if (flags.out !== undefined) await copyFile(archive, flags.out)
    const file = flags.out ?? archive
    const { size } = await stat(archive)
    if (flags.json) return printJson({ tag, archive: file, key, bytes: size, wallMs: Math.round(elapsed()) })
    print(`${tag} is in ${file} (${Math.round(size / 1e6)} MB)`)
    print(`  docker load --input ${file}`)
    print(`  kind create cluster --image ${tag}`)
  },
})
