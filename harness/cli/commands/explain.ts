import { describeVerifier, renderLibraryPage, type VerifierDescription } from '../../../verifiers/describe-verifier.ts'
import { verifiers } from '../../../verifiers/library.ts'
import { closest } from '../../base/closest.ts'
import { InputError } from '../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { print, printJson, table } from '../output.ts'

export const explain: Command = defineCommand({
  summary: 'Explains a verifier: what it checks, its parameters, and what it does not see.',
  positionals: '[VERIFIER]',
  flags: {
    markdown: { type: 'boolean', summary: 'print the page about all verifiers, docs/verifiers.md' },
    json: jsonFlag,
  },
  details: 'Without a VERIFIER, lists them all.',
  async run({ flags, positionals }) {
    const [name] = positionals
    const all = Object.values(verifiers)
    if (name === undefined) {
      if (flags.json) printJson({ verifiers: all.map(describeVerifier) })
      else if (flags.markdown) process.stdout.write(renderLibraryPage(all))
      else
        print(
          table(
            ['VERIFIER', 'WHAT IT CHECKS'],
            all.map((one) => [one.name, one.summary]),
          ),
        )
      return
    }
    const found = Object.hasOwn(verifiers, name) ? verifiers[name] : undefined
    if (!found) throw noSuchVerifier(name)
    const description = describeVerifier(found)
    if (flags.json) printJson(description)
    else print(renderDescription(description))
  },
})

function noSuchVerifier(name: string): InputError {
  const meant = closest(name, Object.keys(verifiers))
  return new InputError([`there is no verifier ${name}`], {
    hint: meant === undefined ? 'kubemend explain lists them' : `did you mean ${meant}?`,
  })
}

function renderDescription({ name, summary, params, example, details }: VerifierDescription): string {
  const rows = params.map(({ name: param, type, isRequired, default: preset, description }) => [
    `  ${param}`,
    type,
    isRequired ? 'required' : preset === undefined || JSON.stringify(preset).length === 2 ? '' : JSON.stringify(preset),
    description,
  ])
  return [
    `${name}: ${summary}`,
    '',
    `  - ${example}`,
    '',
    table(['  PARAMETER', 'TYPE', 'DEFAULT', 'WHAT IT IS'], rows),
    ...(details === null ? [] : ['', ...details.split('\n').flatMap((line) => wrap(line, 100))]),
  ].join('\n')
}

function wrap(line: string, width: number): string[] {
  const lines = ['']
  for (const word of line.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && last.length + word.length >= width) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}
