import os from 'node:os'
import { Worker } from 'node:worker_threads'
import { createPublishWorker, workFile, type PublishWork, type WorkDone } from './publish-work.ts'

/** Those who do the work of publishing: this thread where there is little to do, else a thread a processor. */
export interface WorkForce extends AsyncDisposable {
  /** Has somebody do a piece of work, who is free. */
  some(work: PublishWork): Promise<WorkDone>
  /** Has everybody do it. */
  all(work: PublishWork): Promise<WorkDone[]>
  readonly size: number
}

export function createWorkForce(threads: number): WorkForce {
  const size = Math.max(1, threads)
  const members = Array.from({ length: size }, threads === 0 ? here : inThread)
  const free = [...members]
  const waiting: ((member: Member) => void)[] = []
  const take = (): Promise<Member> => {
    const member = free.pop()
    return member ? Promise.resolve(member) : new Promise((resolve) => waiting.push(resolve))
  }
  const give = (member: Member): void => {
    const next = waiting.shift()
    if (next) next(member)
    else free.push(member)
  }
  return {
    size,
    async some(work) {
      const member = await take()
      try {
        return await member.work(work)
      } finally {
        give(member)
      }
    },
    all: (work) => Promise.all(members.map((member) => member.work(work))),
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map((member) => member.end()))
    },
  }
}

/** Fewer trials take less long than it takes to start threads. */
export function threadsFor(trials: number): number {
  return trials < 200 ? 0 : Math.min(8, os.availableParallelism())
}

interface Member {
  work(work: PublishWork): Promise<WorkDone>
  end(): Promise<unknown>
}

function here(): Member {
  return { work: createPublishWorker(), end: () => Promise.resolve() }
}

function inThread(): Member {
  const thread = new Worker(workFile, { workerData: { isPublishThread: true } })
  const open = new Map<number, PromiseWithResolvers<WorkDone>>()
  let count = 0
  thread.on('message', ({ id, done, error }: { id: number; done?: WorkDone; error?: Error }) => {
    const waiting = open.get(id)
    open.delete(id)
    if (done) waiting?.resolve(done)
    else waiting?.reject(error)
  })
  const failAll = (error: Error): void => {
    for (const { reject } of open.values()) reject(error)
    open.clear()
  }
  thread.on('error', failAll)
  thread.on('exit', (code) => failAll(new Error(`a thread that made pages ended with ${code}`)))
  return {
    work(piece) {
      const id = ++count
      const waiting = Promise.withResolvers<WorkDone>()
      open.set(id, waiting)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      thread.postMessage({ id, piece })
      return waiting.promise
    },
    end: () => thread.terminate(),
  }
}
