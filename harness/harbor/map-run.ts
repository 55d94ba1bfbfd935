import { packagePrograms } from './toolbox-programs.ts'
import { splitWords } from './split-words.ts'

/** What a RUN instruction does to a box that is not built but mapped. */
export type BoxChange =
  | { kind: 'folder'; path: string }
  | { kind: 'mode'; paths: string[]; mode: string }
  | { kind: 'link'; path: string; target: string }
  | { kind: 'package'; name: string }
  | { kind: 'user'; name: string }

/** The changes of a RUN instruction, or in words why it cannot be mapped onto the script sandbox. */
export function mapRun(text: string): { changes: BoxChange[] } | { problem: string } {
  const argv = text.startsWith('[') ? undefined : text
  if (argv === undefined) return { problem: `RUN in the form of a list cannot be mapped: ${shorten(text)}` }
  const plain = argv.replaceAll(archCase, ' ').replaceAll(/\\\n/g, ' ')
  const changes: BoxChange[] = []
  for (const command of splitCommands(plain)) {
    const mapped = mapCommand(command)
    if ('problem' in mapped) return mapped
    changes.push(...mapped.changes)
  }
  return { changes }
}

/** `case "$arch" in amd64) arch=amd64 ;; *) exit 1 ;; esac`: a choice of a variable's value and nothing else. */
const archCase =
  /\bcase\s+\S+\s+in(?:\s*\S+\)\s*(?:\w+=\S+|echo\s[^;]*|exit\s+\d+|;(?!;)|\s)*;;)+\s*(?:\S+\)\s*(?:\w+=\S+|echo\s[^;]*|exit\s+\d+|;(?!;)|\s)*)?\s*esac\s*;?/g

/** Commands between `&&`, `;` and line ends, outside quotes and substitutions. */
function splitCommands(text: string): string[] {
  const commands: string[] = []
  let command = ''
  let quote = ''
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? ''
    if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '(') depth++
    else if (char === ')') depth--
    const isEnd = quote === '' && depth === 0 && (char === ';' || char === '\n' || text.startsWith('&&', i))
    if (!isEnd) {
      command += char
      continue
    }
    if (char === '&') i++
    commands.push(command.trim())
    command = ''
  }
  commands.push(command.trim())
  return commands.filter((one) => one !== '')
}

type Mapped = { changes: BoxChange[] } | { problem: string }
const nothing: Mapped = { changes: [] }

function mapCommand(command: string): Mapped {
  const refused: Mapped = { problem: `cannot be mapped onto the script sandbox: ${shorten(command)}` }
  if (/\|/.test(command.replaceAll(/"[^"]*"|'[^']*'|\$\([^)]*\)/g, ''))) {
    return /\|\s*sha(256|512)sum\s+(-c|--check)/.test(command) ? nothing : refused
  }
  if (/^\w+=("?\$\(.*\)"?|\S*|"[^"]*")$/s.test(command)) return mapAssignment(command) ? nothing : refused
  const words = splitWords(command) ?? []
  const [program = '', ...args] = words.filter((word) => !/^\w+=\S*$/.test(word) || words[0] === 'env')
  const plain = args.filter((arg) => !arg.startsWith('-'))
  switch (program) {
    case 'set':
    case 'true':
    case ':':
    case 'export':
    case 'echo':
      return /[<>]/.test(command.replaceAll(/"[^"]*"|'[^']*'/g, '')) ? refused : nothing
    case 'apt-get':
    case 'apt':
    case 'apk':
      return mapPackages(program, args)
    case 'rm':
      return plain.every(
        (one) => /^(\/var\/(lib\/apt|cache|log)|\/tmp|\/usr\/share\/doc)\//.test(one) || !one.startsWith('/'),
      )
        ? nothing
        : refused
    case 'curl':
    case 'wget':
      return isKubectlDownload(command) ? nothing : refused
    case 'install':
      if (plain.some((one) => isKubectl(one))) return nothing
      return args.includes('-d')
        ? { changes: plain.slice(args.includes('-m') ? 1 : 0).map((path) => ({ kind: 'folder', path })) }
        : refused
    case 'mv':
    case 'cp':
      return plain.some((one) => isKubectl(one)) ? nothing : refused
    case 'chmod': {
      const [mode = '', ...paths] = args.filter((arg) => arg !== '-R' && arg !== '--recursive')
      return { changes: [{ kind: 'mode', mode, paths: paths.filter((one) => !isKubectl(one)) }] }
    }
    case 'chown':
    case 'chgrp':
    case 'sha256sum':
    case 'update-ca-certificates':
    case 'ldconfig':
    case 'hash':
      return nothing
    case 'mkdir':
      return { changes: plain.filter((one) => !/^0?[0-7]{3}$/.test(one)).map((path) => ({ kind: 'folder', path })) }
    case 'ln': {
      const [target = '', path = ''] = plain
      return plain.length === 2 ? { changes: [{ kind: 'link', path, target }] } : refused
    }
    case 'useradd':
    case 'adduser':
      return { changes: [{ kind: 'user', name: plain.at(-1) ?? '' }] }
    case 'groupadd':
    case 'addgroup':
      return nothing
    default:
      return isVersionCall(program, args) ? nothing : refused
  }
}

function mapPackages(program: string, args: readonly string[]): Mapped {
  const plain = args.filter(
    (arg, i) => !arg.startsWith('-') && !/^(-o|-t|--target-release|--repository|-X)$/.test(args[i - 1] ?? ''),
  )
  const [verb = '', ...names] = plain
  if (
    ['update', 'clean', 'autoclean', 'autoremove', 'upgrade', 'dist-upgrade', 'purge', 'remove', 'del'].includes(verb)
  )
    return nothing
  if (verb !== 'install' && verb !== 'add')
    return { problem: `${program} ${verb} cannot be mapped onto the script sandbox` }
  const packages = names.map((name) => name.replace(/[=~<>].*$/, ''))
  const unknown = packages.filter((name) => !Object.hasOwn(packagePrograms, name))
  if (unknown.length > 0) {
    return {
      problem: `the script sandbox has no ${unknown.join(', ')}; it takes Docker to install ${unknown.length > 1 ? 'them' : 'it'}`,
    }
  }
  return { changes: packages.map((name) => ({ kind: 'package', name })) }
}

/** An assignment is harmless when what it asks is the architecture or a version. */
function mapAssignment(command: string): boolean {
  const inner = /\$\((.*)\)/s.exec(command)?.[1]
  if (inner === undefined) return true
  return /^\s*(dpkg --print-architecture|uname -m|arch|apk --print-arch)\b/.test(inner) || isKubectlDownload(inner)
}

function isKubectlDownload(command: string): boolean {
  const urls = command.match(/https?:\/\/[^\s"')]+(?:\$\([^)]*\)[^\s"')]*)*/g) ?? []
  return urls.length > 0 && urls.every((url) => /(dl\.k8s\.io|kubernetes-release|cdn\.dl\.k8s\.io)/.test(url))
}

function isKubectl(place: string): boolean {
  return /^kubectl(\.sha256)?$/.test(place.split('/').at(-1) ?? '')
}

function isVersionCall(program: string, args: readonly string[]): boolean {
  if (!/^[\w.-]+$/.test(program)) return false
  return (
    args.every((arg) => /^(-v|-V|--version|version|--client(=true)?|--output=\w+|-o|json|yaml)$/.test(arg)) &&
    args.length > 0
  )
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 90 ? `${line.slice(0, 87)}...` : line
}
