import path from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../../harness/base/command.ts'
import { packageRoot } from '../../../harness/base/package-root.ts'
import { whyNoGo } from '../../images/build-go-program.ts'

const noGo = await whyNoGo()

test.skipIf(noGo)('the enforcer’s own tests pass', { timeout: 600_000 }, async () => {
  const result = await runCommand(['nice', 'go', 'test', '-trimpath', './...'], {
    cwd: path.join(packageRoot, 'environments/addons/network-policy/enforcer'),
    env: { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-buildvcs=false' },
  })
  expect(result.exitCode, result.stdout + result.stderr).toBe(0)
})
