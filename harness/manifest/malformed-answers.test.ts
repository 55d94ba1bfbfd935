import { describe, expect, test } from 'vitest'
import type { ApiResource } from '../base/kube-client.ts'
import { manifestSpecSchema, type ManifestStage } from '../task/manifest-spec.ts'
import { judgeAnswer } from './judge-answer.ts'
import type { ApiSchema, ApiSchemas } from './schema/api-schemas.ts'
import { findKindSchema } from './schema/api-schemas.ts'

const good = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: shop\ndata:\n  mode: "on"\n'
const spec = manifestSpecSchema.parse({
  operation: 'create',
  namespace: 'shop',
  objects: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', data: { mode: 'on' } }],
})

const text = { type: 'string' } satisfies ApiSchema
const configMap: Record<string, ApiSchema> = {
  ConfigMap: {
    type: 'object',
    'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'ConfigMap' }],
    properties: {
      apiVersion: text,
      kind: text,
      metadata: { $ref: '#/components/schemas/Meta' },
      data: { type: 'object', additionalProperties: text },
      immutable: { type: 'boolean' },
    },
  },
  Meta: {
    type: 'object',
    properties: { name: text, namespace: text, labels: { type: 'object', additionalProperties: text } },
  },
}
const kinds: ApiResource[] = [
  { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', isNamespaced: true, verbs: [] },
]
const schemas: ApiSchemas = {
  kinds: () => Promise.resolve(kinds),
  find: (apiVersion, kind) => Promise.resolve(findKindSchema(configMap, apiVersion, kind)),
}

function bomb(): string {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 9; i++) {
    const [before, name] = [String.fromCodePoint(96 + i), String.fromCodePoint(97 + i)]
    lines.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(', ')}]`)
  }
  return lines.join('\n')
}

const replace = (from: string | RegExp, to: string): string => good.replace(from, to)

/** Fifty answers that are wrong in their form, the stage that says so, and a part of what it says. */
const malformed: readonly [what: string, answer: string | Uint8Array, fails: ManifestStage, because: RegExp][] = [
  ['nothing', '', 'extract', /empty/],
  ['blanks', ' \n\t\n ', 'extract', /empty/],
  ['20 MB of text', 'a: b\n'.repeat(4 * 1024 * 1024), 'extract', /20\.0 MiB long/],
  ['just over the limit', `# ${'x'.repeat(1024 * 1024)}\n${good}`, 'extract', /1 MiB/],
  ['UTF-16 little endian', new Uint8Array([0xff, 0xfe, ...Buffer.from(good, 'utf16le')]), 'extract', /UTF-16/],
  ['UTF-16 big endian', new Uint8Array([0xfe, 0xff, 0, 97, 0, 58]), 'extract', /UTF-16/],
  ['UTF-16 without a mark', Buffer.from(good, 'utf16le'), 'extract', /NUL/],
  ['Latin-1', Buffer.from(replace('on', 'fähig'), 'latin1'), 'extract', /not UTF-8/],
  ['a truncated character', new Uint8Array([...Buffer.from(good), 0xe2, 0x82]), 'extract', /not UTF-8/],
  ['a NUL byte', replace('on', 'o\0n'), 'extract', /NUL/],
  ['an escape sequence', replace('on', '\u001B[31mon'), 'extract', /control character U\+001b/],
  ['a bell', `\u0007${good}`, 'extract', /control character/],
  ['an HTML page', '<!DOCTYPE html>\n<html><body>504</body></html>', 'extract', /HTML/],
  ['HTML without a doctype', '<html><head></head></html>', 'extract', /HTML/],
  ['only a reasoning block', '<think>what would they want</think>', 'extract', /empty/],
  ['a reasoning block that never ends', `<think>${good}`, 'extract', /empty/],
  ['an empty fence', '```yaml\n```', 'extract', /empty/],
  ['a refusal', 'I am sorry, but I cannot help with that.', 'L1', /plain text/],
  ['prose only', 'You should create a ConfigMap.\n\nThen apply it.', 'L1', /plain text/],
  ['a shell command', 'kubectl create configmap settings --from-literal=mode=on', 'L1', /plain text/],
  ['a fence of shell only', '```bash\nkubectl apply -f x.yaml\n```', 'L1', /not YAML|plain text/],
  ['a list', '- apiVersion: v1\n- kind: ConfigMap', 'L1', /got a list/],
  ['a number', '42', 'L1', /plain text/],
  ['a tab for indentation', replace('  name', '\tname'), 'L1', /[Tt]ab/],
  ['a bracket never closed', replace('"on"', '[1, 2'), 'L1', /not YAML/],
  ['a quote never closed', replace('"on"', '"on'), 'L1', /not YAML/],
  ['a key twice', `${good}kind: Secret\n`, 'L1', /unique/],
  ['a nested key twice', replace('  mode: "on"', '  mode: "on"\n  mode: "off"'), 'L1', /unique/],
  ['two values on a line', replace('kind: ConfigMap', 'kind: Config: Map'), 'L1', /not YAML/],
  ['bad indentation', replace('  namespace: shop', ' namespace: shop'), 'L1', /not YAML/],
  ['an alias to nowhere', replace('"on"', '*missing'), 'L1', /alias|anchor/i],
  ['a bomb of aliases', bomb(), 'L1', /too many aliases/],
  ['nesting without end', `a: ${'['.repeat(50_000)}`, 'L1', /deep/],
  ['nested maps without end', '{a: '.repeat(20_000), 'L1', /deep|not YAML/],
  ['three hundred objects', Array.from({ length: 300 }, () => good).join('---\n'), 'L1', /300 documents/],
  ['a half-written object', good.slice(0, 40).replace(/\n[^\n]*$/, '\n  name: "set'), 'L1', /not YAML/],
  ['comments only', '# apiVersion: v1\n# kind: ConfigMap\n', 'L1', /no document/],
  ['marks only', '---\n---\n...\n', 'L1', /no document/],
  ['no apiVersion', replace('apiVersion: v1\n', ''), 'L2', /missing/],
  ['no kind', replace('kind: ConfigMap\n', ''), 'L2', /missing/],
  ['no name', replace('  name: settings\n', ''), 'L2', /missing/],
  ['an empty name', replace('settings', '""'), 'L2', /missing/],
  ['a kind that does not exist', replace('ConfigMap', 'ConfigMaps'), 'L2', /did you mean ConfigMap/],
  ['another version of the kind', replace('v1', 'v1beta1'), 'L2', /serves ConfigMap in v1/],
  ['a field that does not exist', `${good}inmutable: true\n`, 'L2', /did you mean immutable/],
  ['a truth where text belongs', replace('"on"', 'true'), 'L2', /expected text/],
  ['a number where text belongs', replace('"on"', '7'), 'L2', /expected text/],
  ['nothing where text belongs', replace('"on"', ''), 'L2', /expected text/],
  ['a list where a map belongs', replace('  mode: "on"', '  - mode'), 'L2', /expected a map/],
  ['a prototype as a key', replace('  namespace: shop', '  __proto__: {a: 1}'), 'L2', /no such field/],
  ['the object inside another', `manifest:\n${good.replaceAll(/^/gm, '  ')}`, 'L2', /missing/],
]

describe('malformed answers', () => {
  test('there are at least fifty', () => expect(malformed.length).toBeGreaterThanOrEqual(50))

  test.each(malformed)('%s', async (_, answer, fails, because) => {
    const judged = await judgeAnswer(answer, { spec, reference: good, schemas })
    const verdict = judged.stages.find(({ stage }) => stage === judged.failedAt)
    expect([judged.failedAt, verdict?.because]).toEqual([fails, expect.stringMatching(because)])
    expect(judged.isFullPass).toBe(false)
  })
})

describe('answers that only need something taken off', () => {
  const wrapped: readonly [what: string, answer: string, stripped: readonly string[]][] = [
    ['nothing around it', good, []],
    ['Windows line ends', good.replaceAll('\n', '\r\n'), []],
    ['a comment before it', `# settings of the shop\n${good}`, []],
    [
      'JSON',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'settings', namespace: 'shop' },
        data: { mode: 'on' },
      }),
      [],
    ],
    ['a byte order mark', `\uFEFF${good}`, ['a byte order mark']],
    ['a fence', `\`\`\`yaml\n${good}\`\`\``, ['a code fence']],
    [
      'a fence and prose',
      `Here you are:\n\n\`\`\`yaml\n${good}\`\`\`\n\nApply it.`,
      ['a code fence', 'prose around the answer'],
    ],
    ['a fence never closed', `\`\`\`\n${good}`, ['a code fence', 'a fence that is never closed']],
    [
      'an indented fence',
      `1. Write this:\n   \`\`\`yaml\n${good.replaceAll(/^(?=.)/gm, '   ')}   \`\`\``,
      ['a code fence', 'prose around the answer'],
    ],
    [
      'shell beside it',
      `\`\`\`yaml\n${good}\`\`\`\n\`\`\`sh\nkubectl apply\n\`\`\``,
      ['a code fence', 'blocks of other languages'],
    ],
    ['reasoning before it', `<think>hm\n\`\`\`\nx\n\`\`\`</think>\n${good}`, ['a reasoning block']],
    ['tags', `<answer>\n${good}</answer>`, ['tags around the answer']],
    [
      'prose before and after',
      `Here is the manifest.\n\n${good}\nThis creates a ConfigMap.`,
      ['prose around the answer'],
    ],
  ]

  test.each(wrapped)('%s', async (_, answer, stripped) => {
    const judged = await judgeAnswer(answer, { spec, reference: good, schemas })
    expect(judged).toMatchObject({ failedAt: undefined, isFullPass: true, stripped, isStrict: stripped.length === 0 })
    const strict = await judgeAnswer(answer, { spec: { ...spec, format: 'strict' }, reference: good, schemas })
    expect(strict.failedAt).toBe(stripped.length === 0 ? undefined : 'extract')
  })
})
