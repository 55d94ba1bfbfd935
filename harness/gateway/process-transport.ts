import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { PipedCommand } from '../base/command.ts'

/** MCP with a program over its standard streams. */
export class ProcessTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #program: PipedCommand
  readonly #buffer: ReadBuffer

  constructor(program: PipedCommand, maxMessageBytes: number) {
    this.#program = program
    this.#buffer = new ReadBuffer({ maxBufferSize: maxMessageBytes })
  }

  async start(): Promise<void> {
    const { stdin, stdout, ended } = this.#program
    stdin.on('error', (error: Error) => this.onerror?.(error))
    stdout.on('data', (chunk: Buffer) => this.#read(chunk))
    void ended.then(() => this.onclose?.())
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const { stdin } = this.#program
    if (stdin.write(serializeMessage(message))) return
    await Promise.race([new Promise((resolve) => stdin.once('drain', resolve)), this.#program.ended])
  }

  close(): Promise<void> {
    return this.#program.end()
  }

  /** A program that prints what is no message is forgiven; one that floods is ended. */
  #read(chunk: Buffer): void {
    try {
      this.#buffer.append(chunk)
    } catch (error) {
      this.onerror?.(error as Error)
      void this.close()
      return
    }
    for (;;) {
      try {
        const message = this.#buffer.readMessage()
        if (message === null) return
        this.onmessage?.(message)
      } catch (error) {
        this.onerror?.(error as Error)
      }
    }
  }
}
