import { expect, test } from 'vitest'
import { firstDebianUri } from './debian-mirror.ts'

test('the mirror is found in a deb822 file, past comments and the security archive', () => {
  const text = [
    'Types: deb',
    '# http://snapshot.invalid/archive/debian/20250520T000000Z',
    'URIs: http://mirror.invalid/debian-security http://mirror.invalid/debian',
    'Suites: bookworm',
  ]
  expect(firstDebianUri(text.join('\n'))).toBe('http://mirror.invalid/debian')
})

test('the mirror is found in a one-line file, with and without options', () => {
  expect(firstDebianUri('deb http://mirror.invalid/debian/ bookworm main')).toBe('http://mirror.invalid/debian/')
  expect(firstDebianUri('deb [arch=amd64 signed-by=/k.gpg] http://mirror.invalid/debian bookworm main')).toBe(
    'http://mirror.invalid/debian',
  )
})

test('other vendors are not taken for Debian', () => {
  expect(firstDebianUri('deb http://vendor.invalid/apt stable main\n#deb http://mirror.invalid/debian x main')).toBe(
    undefined,
  )
})
