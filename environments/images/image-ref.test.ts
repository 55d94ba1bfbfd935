import { array, assert, option, property, stringMatching } from 'fast-check'
import { expect, test } from 'vitest'
import { formatImageRef, normalizeImageRef, parseImageRef } from './image-ref.ts'

const digest = `sha256:${'a'.repeat(64)}`

test.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.27-alpine', 'docker.io/library/nginx:1.27-alpine'],
  ['curlimages/curl:8.5.0', 'docker.io/curlimages/curl:8.5.0'],
  ['docker.io/nginx', 'docker.io/library/nginx:latest'],
  ['index.docker.io/library/nginx:1', 'docker.io/library/nginx:1'],
  ['registry.k8s.io/pause:3.10.1', 'registry.k8s.io/pause:3.10.1'],
  ['registry.k8s.io/coredns/coredns:v1.13.1', 'registry.k8s.io/coredns/coredns:v1.13.1'],
  ['localhost/app', 'localhost/app:latest'],
  ['localhost:5000/app:v2', 'localhost:5000/app:v2'],
  ['127.0.0.1:5000/team/app', '127.0.0.1:5000/team/app:latest'],
  [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  [`nginx:1.27@${digest}`, `docker.io/library/nginx:1.27@${digest}`],
])('%s is %s in full', (short, full) => {
  expect(normalizeImageRef(short)).toBe(full)
})

test.each([
  '',
  'Nginx',
  'nginx:',
  'nginx:ta g',
  ':1.27',
  'nginx@sha256:short',
  'a//b',
  'https://nginx',
  '-x',
  'nginx:.tag',
])('%j is refused with its own name in the message', (ref) => {
  expect(() => normalizeImageRef(ref)).toThrow(`image ${JSON.stringify(ref)}`)
})

test('a full name is its own full name', () => {
  const word = stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,8})?$/)
  const tag = stringMatching(/^\w[\w.-]{0,20}$/)
  assert(
    property(array(word, { minLength: 1, maxLength: 3 }), option(tag), (path, maybeTag) => {
      const full = normalizeImageRef(path.join('/') + (maybeTag === null ? '' : `:${maybeTag}`))
      expect(normalizeImageRef(full)).toBe(full)
      expect(formatImageRef(parseImageRef(full))).toBe(full)
    }),
  )
})
