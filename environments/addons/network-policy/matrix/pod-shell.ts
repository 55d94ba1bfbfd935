import { PassThrough } from 'node:stream'
import { Exec, KubeConfig } from '@kubernetes/client-node'
import { createInterface } from 'node:readline'

/** A bash that stays in a container and is told what to do line by line: one exec for hundreds of commands. */
export class PodShell implements Disposable {
  readonly #stdin: PassThrough
  readonly #close: () => void
  readonly #waiting = new Map<string, (lines: string[]) => void>()
  readonly #collected = new Map<string, string[]>()
  #count = 0

  private constructor(stdin: PassThrough, stdout: PassThrough, close: () => void) {
    this.#stdin = stdin
    this.#close = close
    createInterface({ input: stdout }).on('line', (line) => this.#take(line))
  }

  static async open(kubeconfig: string, namespace: string, pod: string, container: string): Promise<PodShell> {
    const config = new KubeConfig()
    config.loadFromFile(kubeconfig)
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
    stderr.resume()
    const socket = await new Exec(config).exec(namespace, pod, container, ['bash'], stdout, stderr, stdin, false)
    return new PodShell(stdin, stdout, () => socket.close())
  }

  /** Runs one line of bash beside whatever else is running and answers the lines it prints. */
  run(line: string): Promise<string[]> {
    const id = `r${this.#count++}`
    this.#collected.set(id, [])
    const answer = new Promise<string[]>((resolve) => this.#waiting.set(id, resolve))
    this.#stdin.write(
      `{ { ${line}; } 2>/dev/null | while IFS= read -r l; do echo "${id}:$l"; done; echo "${id}."; } &\n`,
    )
    return answer
  }

  [Symbol.dispose](): void {
    this.#stdin.end('kill -9 -1\n')
    this.#close()
  }

  #take(line: string): void {
    const match = /^(r\d+)([:.])(.*)$/.exec(line)
    if (!match) return
    const [, id = '', mark, text = ''] = match
    if (mark === ':') this.#collected.get(id)?.push(text)
    else {
      this.#waiting.get(id)?.(this.#collected.get(id) ?? [])
      this.#collected.delete(id)
      this.#waiting.delete(id)
    }
  }
}
