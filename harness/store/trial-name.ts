import { randomInt } from 'node:crypto'

/** A folder name for a trial, as Harbor makes them: the task's short name and seven random letters. */
export function makeTrialName(taskName: string): string {
  const short = (taskName.split('/').at(-1) ?? taskName).replaceAll(/[^\w.-]/g, '-').replace(/^\.+/, '')
  const letters = Array.from({ length: 7 }, () => alphabet[randomInt(alphabet.length)])
  return `${short.slice(0, 32).replace(/[_-]+$/, '') || 'task'}__${letters.join('')}`
}

/** A folder name for a job, as Harbor makes them: the local time. */
export function makeJobName(now: Date = new Date()): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
  return `${date}__${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`
}

/** Nothing that looks like something else. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
