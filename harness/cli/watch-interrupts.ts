import { startTimer } from '../base/clock.ts'
import { InputError } from '../base/errors.ts'
import { say } from './output.ts'

export interface Interrupts extends Disposable {
  drain: AbortSignal
  stop: AbortSignal
}

/** One Ctrl-C comes more than once: from the terminal, and again from each launcher that passes on what it got. */
const echoMs = 300

/** The first interrupt lets what runs finish, the second ends it. */
export function watchInterrupts(
  words: { finishing: string; stopping: string } = {
    finishing: 'finishing what runs',
    stopping: 'stopping now; clusters are taken down',
  },
  note: (line: string) => void = say,
): Interrupts {
  const [drain, stop] = [new AbortController(), new AbortController()]
  let sinceLast: (() => number) | undefined
  const onInterrupt = (): void => {
    const isEcho = sinceLast !== undefined && sinceLast() < echoMs
    sinceLast = startTimer()
    if (isEcho) return
    if (drain.signal.aborted) {
      note(words.stopping)
      stop.abort(new InputError(['interrupted']))
    } else note(`${words.finishing}; interrupt again to stop now`)
    drain.abort()
  }
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onInterrupt)
  return {
    drain: drain.signal,
    stop: stop.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', onInterrupt)
      process.off('SIGTERM', onInterrupt)
    },
  }
}
