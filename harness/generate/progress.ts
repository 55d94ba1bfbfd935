import { appendFile, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { InputError } from '../base/errors.ts'
import { isEqual } from '../state/json.ts'
import type { Difficulty } from '../task/kubemend-metadata.ts'
import { writeAtomically } from '../base/write-atomically.ts'
import type { Proof } from './prove/prove-candidate.ts'
import type { Split } from './split.ts'

/** What became of one candidate. A line of progress.jsonl. */
export interface CandidateLine {
  candidate: number
  name?: string
  split?: Split
  world?: string
  operators: string[]
  difficulty?: Difficulty
  verdict: 'drafted' | 'proven' | 'refused'
  /** Why it was refused: a word to count by, and a sentence. */
  reason?: string
  because?: string
  probes?: Proof['probes']
  wallMs?: number
  cpuMs?: number
}

/** What proving the candidates of one world cost. A line of progress.jsonl. */
export interface WorldLine {
  world: number
  wallMs: number
  cpuMs: number
  clusters: number
  resets: number
  failedResets: number
}

/** What candidates are made from; a folder goes on only with the same. */
export interface Recipe {
  seed: string
  perWorld: number
  split?: Split
  operators?: string[]
  faults?: number
}

/** The lines of a generation, in a folder of its own: whoever was interrupted goes on where it was. */
export class Progress {
  readonly dir: string
  readonly candidates: CandidateLine[] = []
  readonly worlds: WorldLine[] = []

  private constructor(dir: string) {
    this.dir = dir
  }

  static async open(dir: string, recipe: Recipe): Promise<Progress> {
    await mkdir(dir, { recursive: true })
    const file = path.join(dir, 'generator.json')
    const known = await readFile(file, 'utf8').catch(() => undefined)
    const wanted: unknown = JSON.parse(JSON.stringify({ format: 1, ...recipe }))
    if (known === undefined) await writeAtomically(file, `${JSON.stringify(wanted, undefined, 2)}\n`)
    else if (!isEqual(JSON.parse(known), wanted)) {
      throw new InputError(
        [`${dir}: begun with ${known.replaceAll(/\s+/g, ' ').trim()}, not with ${JSON.stringify(wanted)}`],
        {
          hint: 'go on with the same flags, or choose another folder with --out',
        },
      )
    }
    const progress = new Progress(dir)
    const text = await readFile(progress.#file, 'utf8').catch(() => '')
    // a line that was cut off by an interrupt is as if it had not been written
    for (const line of text.split('\n').slice(0, -1)) progress.#take(JSON.parse(line) as CandidateLine | WorldLine)
    return progress
  }

  async add(line: CandidateLine | WorldLine): Promise<void> {
    this.#take(line)
    await appendFile(this.#file, `${JSON.stringify(line)}\n`)
  }

  #take(line: CandidateLine | WorldLine): void {
    if ('candidate' in line) this.candidates.push(line)
    else this.worlds.push(line)
  }

  get #file(): string {
    return path.join(this.dir, 'progress.jsonl')
  }
}
