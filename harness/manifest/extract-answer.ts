import { readYaml } from '../task/yaml-documents.ts'

/** What an answer says when everything that is not YAML is taken off, and what that was. */
export interface Extraction {
  /** Undefined when there is nothing to judge. */
  text: string | undefined
  /** Why there is nothing to judge. */
  problem?: string
  /** What had to be taken off; empty when the answer is exactly one YAML stream. */
  stripped: string[]
}

/** An answer longer than this is not read. */
export const maxAnswerBytes: number = 1024 * 1024

/**
 * Finds the YAML stream in an answer. In this order: the encoding is checked, a byte order mark, Windows line ends and
 * reasoning blocks are taken off; if the rest is a stream of mappings it is the answer; otherwise the fenced blocks are,
 * or what stands between tags, or what is left without the prose before and after.
 */
export function extractAnswer(answer: string | Uint8Array): Extraction {
  const decoded = decode(answer)
  if ('problem' in decoded) return { text: undefined, stripped: [], problem: decoded.problem }
  const stripped: string[] = []
  const text = takeOff(decoded.text, stripped)
  if (text.trim() === '') return { text: undefined, stripped, problem: 'the answer is empty' }
  if (/^\s*(<!doctype html|<html[\s>])/i.test(text)) {
    return { text: undefined, stripped, problem: 'the answer is an HTML page' }
  }
  return { text, stripped }
}

function decode(answer: string | Uint8Array): { text: string } | { problem: string } {
  const bytes = typeof answer === 'string' ? Buffer.from(answer) : Buffer.from(answer)
  if (bytes.length > maxAnswerBytes) {
    const megabytes = (bytes.length / 1024 ** 2).toFixed(1)
    return { problem: `the answer is ${megabytes} MiB long; at most ${maxAnswerBytes / 1024 ** 2} MiB is read` }
  }
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { problem: 'the answer is UTF-16 or UTF-32; expected UTF-8' }
  }
  if (bytes.includes(0)) return { problem: `the answer has a NUL byte at ${bytes.indexOf(0)}; expected UTF-8 text` }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const control = [...text.matchAll(controlCharacters)][0]
    if (control) {
      const code = control[0].codePointAt(0)?.toString(16).padStart(4, '0')
      return { problem: `the answer has the control character U+${code}` }
    }
    return { text }
  } catch {
    return { problem: 'the answer is not UTF-8' }
  }
}

const lowControls = String.raw`\x01-\x08\x0b\x0c\x0e-\x1f\x7f`
const controlCharacters = new RegExp(`[${lowControls}]`, 'g')

function takeOff(given: string, stripped: string[]): string {
  let text = given
  const replace = (what: string, next: string): void => {
    if (next === text) return
    stripped.push(what)
    text = next
  }
  replace('a byte order mark', text.replace(/^\uFEFF/, ''))
  text = text.replaceAll(/\r\n?/g, '\n')
  replace('a reasoning block', text.replaceAll(/<(think|thinking|reasoning|thought)>[\s\S]*?(<\/\1>|$)/gi, ''))
  if (isStream(text)) return text
  const fenced = takeFences(text)
  if (fenced) {
    stripped.push(...fenced.stripped)
    return fenced.text
  }
  replace('tags around the answer', takeTags(text))
  if (isStream(text)) return text
  replace('prose around the answer', takeProse(text))
  return text
}

/** Whether a text is nothing but mappings, as manifests are; what only fails to parse may still be meant as one. */
function isStream(text: string): boolean {
  if (/^\s*(```|~~~)/m.test(text)) return false
  const { documents, problems } = readYaml(text)
  return problems.length === 0 && documents.length > 0 && documents.every(({ value }) => isMapping(value))
}

function isMapping(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const yamlLanguages = new Set(['', 'yaml', 'yml', 'k8s', 'kubernetes', 'manifest', 'json'])

/** The content of the fenced blocks that may be YAML; blocks of shell commands and the like are left out. */
function takeFences(text: string): { text: string; stripped: string[] } | undefined {
  const blocks: { language: string; lines: string[]; indent: number }[] = []
  let open: { fence: string; block: (typeof blocks)[number] } | undefined
  let outside = 0
  for (const line of text.split('\n')) {
    const [, indent = '', fence, language = ''] = /^(\s*)(`{3,}|~{3,})\s*([\w+-]*)/.exec(line) ?? []
    if (open && fence?.startsWith(open.fence) && language === '') open = undefined
    else if (open) open.block.lines.push(line.slice(Math.min(open.block.indent, line.search(/\S|$/))))
    else if (fence !== undefined) {
      const block = { language: language.toLowerCase(), lines: [], indent: indent.length }
      blocks.push(block)
      open = { fence, block }
    } else if (line.trim() !== '') outside++
  }
  const chosen = blocks.filter(({ language }) => yamlLanguages.has(language))
  if (chosen.length === 0) return undefined
  const stripped = [chosen.length === 1 ? 'a code fence' : `${chosen.length} code fences`]
  if (open) stripped.push('a fence that is never closed')
  if (outside > 0) stripped.push('prose around the answer')
  if (chosen.length < blocks.length) stripped.push('blocks of other languages')
  return { text: chosen.map(({ lines }) => lines.join('\n').replace(/\n*$/, '\n')).join('---\n'), stripped }
}

function takeTags(text: string): string {
  const tagged = /<(code|yaml|answer|manifest|solution)>\n?([\s\S]*?)<\/\1>/i.exec(text)
  if (tagged) return tagged[2] ?? ''
  const marked = /^.*\bSTART SOLUTION\b.*\n([\s\S]*?)(?:^.*\bEND SOLUTION\b|$(?![\s\S]))/m.exec(text)
  return marked?.[1] ?? text
}

/** From the first line that begins an object to the last that can belong to one. */
function takeProse(text: string): string {
  const lines = text.split('\n')
  const first = lines.findIndex((line) => /^(apiVersion|kind|metadata|---|\{)/.test(line))
  const after = lines.findIndex((line, i) => i > first && isProse(line))
  if (first === -1 || (first === 0 && after === -1)) return text
  return `${lines.slice(first, after === -1 ? undefined : after).join('\n')}\n`
}

/** A line at the margin that is no key, item, comment, end of a bracket or mark between documents. */
function isProse(line: string): boolean {
  return /^\S/.test(line) && !/^(#|---|\.\.\.|%|- |-$|[\]}"'{[]|[\w./-]+:(\s|$))/.test(line)
}
