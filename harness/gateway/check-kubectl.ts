import type { KubectlCommand, KubectlFlagUse } from './parse-kubectl.ts'
import { Refusal } from './refusal.ts'

/**
 * Says no to every command line that would leave the agent's own identity on its own cluster, touch files or programs
 * of this machine, or want a terminal. What the agent may do inside the cluster is not decided here: RBAC does that.
 */
export function checkKubectl(command: KubectlCommand): Refusal | undefined {
  return (
    refuseLongLine(command) ??
    refuseCommand(command) ??
    command.flags.map((flag) => refuseFlag(command, flag)).find((refusal) => refusal !== undefined) ??
    [...command.positionals, ...(command.afterDashes ?? [])].map(refuseLongWord).find((r) => r !== undefined)
  )
}

function refuseCommand({ path, positionals }: KubectlCommand): Refusal | undefined {
  const refusal = refusedCommands[path] ?? refusedCommands[path.split(' ')[0]!]
  if (refusal && !allowedBelowRefused.has(path)) return refusal
  const word = positionals[0]
  return pluggable.has(path) && word !== undefined
    ? new Refusal('unknown-command', `kubectl ${path} has no command ${word}`)
    : undefined
}

/** Where kubectl looks for a plugin when a word is no command. */
const pluggable = new Set(['create', 'create secret', 'create service'])

const noSettings = new Refusal(
  'local-settings',
  'there is no kubeconfig to change: every call goes to this cluster as you; give the namespace with -n on each call',
)
const noProgram = new Refusal('external-program', 'this would start another program on this machine')
const noEditor = new Refusal(
  'terminal',
  'there is no editor: use patch, or get -o yaml and then apply -f - with `stdin`',
)
const noFiles = new Refusal('local-file', 'there are no local files here: give manifests as `stdin` with -f -')

const refusedCommands: Record<string, Refusal> = {
  alpha: noSettings,
  'apply edit-last-applied': noEditor,
  completion: new Refusal('unknown-command', 'there is no shell to complete for'),
  config: noSettings,
  cp: new Refusal(
    'local-file',
    'there are no local files here: read with exec POD -- cat FILE, write with exec -i and `stdin`',
  ),
  diff: new Refusal('external-program', 'diff starts another program: use apply --dry-run=server -o yaml and compare'),
  edit: noEditor,
  kustomize: noFiles,
  plugin: noProgram,
  'port-forward': new Refusal(
    'tunnel',
    'no tunnels: reach a Service from inside a pod (exec), or get --raw .../proxy/',
  ),
  proxy: new Refusal('tunnel', 'no tunnels: use get --raw PATH'),
}

const allowedBelowRefused = new Set(['config current-context', 'config get-contexts'])

function refuseFlag(command: KubectlCommand, flag: KubectlFlagUse): Refusal | undefined {
  const long = refuseLongWord(flag.value ?? '')
  if (long) return long
  return flag.isGlobal ? refuseGlobalFlag(flag) : refuseOwnFlag(command, flag)
}

function refuseGlobalFlag({ name, value }: KubectlFlagUse): Refusal | undefined {
  if (name === 'v') {
    return /^[0-5]$/.test(value ?? '') ? undefined : new Refusal('bad-value', '--v goes up to 5 here')
  }
  if (allowedGlobalFlags.has(name)) return undefined
  if (identityFlags.has(name)) {
    return new Refusal('another-identity', `--${name} is not for you: every call carries your own identity already`)
  }
  if (serverFlags.has(name)) {
    return new Refusal('another-server', `--${name} is not for you: every call goes to your cluster already`)
  }
  return new Refusal('local-file', `--${name} would touch files of this machine`)
}

const allowedGlobalFlags = new Set([
  'disable-compression',
  'help',
  'match-server-version',
  'namespace',
  'request-timeout',
  'warnings-as-errors',
])

const identityFlags = new Set([
  'as',
  'as-group',
  'as-uid',
  'as-user-extra',
  'client-certificate',
  'client-key',
  'password',
  'token',
  'user',
  'username',
])

const serverFlags = new Set([
  'certificate-authority',
  'cluster',
  'context',
  'insecure-skip-tls-verify',
  'kubeconfig',
  'server',
  'tls-server-name',
])

function refuseOwnFlag({ path }: KubectlCommand, { name, value }: KubectlFlagUse): Refusal | undefined {
  switch (name) {
    case 'filename':
      return value === '-' ? undefined : noFiles
    case 'output':
      return refuseOutput(value ?? '')
    case 'output-directory':
      return value === '-' ? undefined : noFiles
    case 'raw':
      return value?.startsWith('/') ? undefined : new Refusal('bad-value', '--raw needs a path that starts with /')
    case 'tty':
      return isFalse(value)
        ? undefined
        : new Refusal('terminal', 'there is no terminal: leave -t out (exec -i with `stdin` works)')
    case 'stdin':
      return path === 'attach' && !isFalse(value)
        ? new Refusal('terminal', 'attach is for looking only here: leave -i out')
        : undefined
    case 'interactive':
      return isFalse(value) ? undefined : new Refusal('terminal', 'nobody can answer the question: leave -i out')
    case 'edit':
      return isFalse(value) ? undefined : noEditor
    case 'kubeconfig':
      return new Refusal('another-server', '--kubeconfig is not for you: every call goes to your cluster already')
    default:
      return fileFlags.get(name)
  }
}

const useStdinInstead = (what: string): Refusal =>
  new Refusal('local-file', `there are no local files here: ${what}, or apply -f - with the manifest as \`stdin\``)

/** Flags of single commands whose value is the path of a file or folder. */
const fileFlags = new Map<string, Refusal>([
  ['cert', useStdinInstead('a TLS Secret can be written as a manifest')],
  ['custom', useStdinInstead('use --profile')],
  ['from-env-file', useStdinInstead('use --from-literal')],
  ['from-file', useStdinInstead('use --from-literal')],
  ['key', useStdinInstead('a TLS Secret can be written as a manifest')],
  ['kustomize', noFiles],
  ['kuberc', noSettings],
  ['patch-file', useStdinInstead('give the patch itself with -p')],
])

function refuseOutput(value: string): Refusal | undefined {
  const format = value.split('=', 1)[0]!
  if (outputFormats.has(format)) return undefined
  if (format.endsWith('file'))
    return new Refusal('local-file', `-o ${format} reads a local file: give the template itself`)
  return new Refusal('bad-value', `-o ${format}: expected one of ${[...outputFormats].filter(Boolean).join(', ')}`)
}

const outputFormats = new Set([
  '',
  'custom-columns',
  'go-template',
  'json',
  'jsonpath',
  'jsonpath-as-json',
  'kyaml',
  'name',
  'plaintext',
  'plaintext-openapiv2',
  'template',
  'wide',
  'yaml',
])

/** Linux takes no command line of 2 MiB or more, the words' addresses counted. */
function refuseLongLine({ flags, positionals, afterDashes = [] }: KubectlCommand): Refusal | undefined {
  const words = [...flags.map(({ name, value = '' }) => name + value), ...positionals, ...afterDashes]
  const bytes = words.reduce((sum, word) => sum + Buffer.byteLength(word) + 12, 0)
  return bytes < 1024 * 1024
    ? undefined
    : new Refusal('bad-value', 'the command line is longer than 1 MiB: use `stdin`')
}

/** Linux takes no argument of 128 KiB or more. */
function refuseLongWord(word: string): Refusal | undefined {
  return Buffer.byteLength(word) < 128 * 1024
    ? undefined
    : new Refusal('bad-value', 'an argument is longer than 128 KiB: give it as `stdin`')
}

/** The spellings in which Go reads a boolean as false. */
function isFalse(value: string | undefined): boolean {
  return value !== undefined && ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)
}
