import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { skipsReporter } from './test/skips-reporter.ts'

const everywhere = '{harness,environments,agents,verifiers,test}'

// Time limits are for a loaded machine with two cores; a test that is slow by itself says so.
const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', skipsReporter],
    globalSetup: ['./test/setup.ts'],
    allowOnly: false,
    // a test that passes only the second time is reported as flaky, by name and with what went wrong
    retry: 1,
    maxWorkers: 2,
    projects: [
      {
        // no root, no network, seconds
        extends: true,
        test: {
          name: 'unit',
          include: [`${everywhere}/**/*.test.ts`],
          exclude: ['**/*.cluster.test.ts', '**/*.browser.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // real clusters, one file at a time so that timings mean something
        extends: true,
        test: {
          name: 'cluster',
          include: [`${everywhere}/**/*.cluster.test.ts`],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // the report's pages in a real Chromium; skipped where there is none
        extends: true,
        test: {
          name: 'browser',
          include: [`${everywhere}/**/*.browser.test.ts`],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})

export default config
