import { readFileSync } from 'node:fs'
import net from 'node:net'
import { text } from 'node:stream/consumers'

/** What `kubectl` or `submit` in the shell asks of the harness. */
export interface ShellRequest {
  tool: 'kubectl' | 'submit'
  args: string[]
  stdin?: string
}

export interface ShellAnswer {
  stdout: string
  stderr: string
  exitCode: number
}

/** The words with a manifest file of the shell turned into standard input: the gateway reads no files. */
export function takeManifest(words: readonly string[]): { args: string[]; file: string | undefined } {
  const args = [...words]
  // the one command whose -f is no file
  if (words.includes('logs')) return { args, file: undefined }
  const end = args.indexOf('--')
  for (const [i, word] of args.entries()) {
    if (end !== -1 && i > end) break
    const [, flag, joined] = /^(-f|--filename)(?:=(.*))?$/s.exec(word) ?? /^(-f)(.+)$/s.exec(word) ?? []
    const file = joined ?? (flag === undefined ? undefined : args[i + 1])
    if (flag === undefined || file === undefined || file === '-' || /^https?:/.test(file)) continue
    args.splice(i, joined === undefined ? 2 : 1, '-f', '-')
    return { args, file }
  }
  return { args, file: undefined }
}

/** Whether kubectl would read its standard input. */
export function readsStdin(args: readonly string[]): boolean {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return own.some(
    (word) => word === '-' || word === '-f-' || word === '-i' || word === '--stdin' || word.endsWith('=-'),
  )
}

async function makeRequest(tool: ShellRequest['tool'], words: string[]): Promise<ShellRequest> {
  if (tool === 'submit') return { tool, args: words }
  const { args, file } = takeManifest(words)
  if (file !== undefined) return { tool, args, stdin: readFileSync(file, 'utf8') }
  return readsStdin(args) ? { tool, args, stdin: await text(process.stdin) } : { tool, args }
}

if (import.meta.main) {
  const [tool, ...words] = process.argv.slice(2)
  const socket = net.connect('/opt/socket')
  socket.on('error', (error) => {
    process.stderr.write(`the cluster is out of reach: ${error.message}\n`)
    process.exitCode = 1
  })
  socket.write(`${JSON.stringify(await makeRequest(tool === 'submit' ? 'submit' : 'kubectl', words))}\n`)
  const line = await text(socket)
  if (line !== '') {
    const answer = JSON.parse(line) as ShellAnswer
    process.stdout.write(answer.stdout)
    process.stderr.write(answer.stderr)
    process.exitCode = answer.exitCode
  }
}
