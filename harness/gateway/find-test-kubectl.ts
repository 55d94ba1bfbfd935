import { existsSync } from 'node:fs'
import path from 'node:path'

/** A real kubectl for tests: the one that KUBEMEND_TEST_KUBECTL names, or the first in PATH. */
export const testKubectl: string | undefined =
  process.env['KUBEMEND_TEST_KUBECTL'] ??
  (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((dir) => path.join(dir, 'kubectl'))
    .find((file) => existsSync(file))
