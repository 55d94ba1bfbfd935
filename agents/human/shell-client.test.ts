import { describe, expect, it } from 'vitest'
import { readsStdin, takeManifest } from './shell-client.ts'

describe("kubectl in a person's shell", () => {
  it.each([
    [['apply', '-f', 'web.yaml'], ['apply', '-f', '-'], 'web.yaml'],
    [['apply', '-fweb.yaml', '-n', 'shop'], ['apply', '-f', '-', '-n', 'shop'], 'web.yaml'],
    [['apply', '--filename=web.yaml'], ['apply', '-f', '-'], 'web.yaml'],
    [['apply', '-f', '-'], ['apply', '-f', '-'], undefined],
    [['exec', 'web', '--', 'tail', '-f', 'log'], ['exec', 'web', '--', 'tail', '-f', 'log'], undefined],
  ])('sends the manifest that %j names as standard input', (words, args, file) => {
    expect(takeManifest(words)).toEqual({ args, file })
  })

  it('reads standard input only where kubectl does', () => {
    expect(readsStdin(['apply', '-f', '-'])).toBe(true)
    expect(readsStdin(['exec', '-i', 'web', '--', 'cat'])).toBe(true)
    expect(readsStdin(['get', 'pods'])).toBe(false)
    expect(readsStdin(['exec', 'web', '--', 'cat', '-'])).toBe(false)
  })

  it('takes `logs -f web` for a manifest no more than kubectl does', () => {
    expect(takeManifest(['logs', '-f', 'web'])).toEqual({ args: ['logs', '-f', 'web'], file: undefined })
  })
})
