import path from 'node:path'
import { InputError } from '../base/errors.ts'

/** One thing wrong with a task, at its place. */
export interface Problem {
  /** The file or folder, as a path that can be opened. */
  file: string
  line?: number
  /** The place in the document: `outcome[0].http-answers.url`. */
  at?: string
  message: string
}

/** The problem as one line: `tasks/core/x/task.toml: metadata.kubemend.kind: expected ...`. */
export function formatProblem({ file, line, at, message }: Problem): string {
  const place = [showPath(file), line].filter((part) => part !== undefined).join(':')
  return [place, at, message].filter(Boolean).join(': ')
}

/** Stops everything with all problems at once. */
export function throwProblems(problems: readonly Problem[]): never {
  throw new InputError(problems.map(formatProblem))
}

/** A path as short as it can be from where the person stands. */
export function showPath(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative || '.'
}
