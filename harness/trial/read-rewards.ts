import { lstat, readFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * What a verifier script left in /logs/verifier, read as Harbor reads it: reward.json before reward.txt. Where both are
 * there and disagree, somebody else than the script wrote one of them, and the lesser counts.
 */
export async function readRewards(dir: string): Promise<{ rewards: Record<string, number> } | { problem: string }> {
  const json = await readPlain(path.join(dir, 'reward.json'))
  const text = await readPlain(path.join(dir, 'reward.txt'))
  if (json !== undefined) {
    const read = readJson(json)
    const other = text === undefined ? undefined : readText(text)
    if ('problem' in read || other === undefined || 'problem' in other) return read
    return other.rewards['reward']! < mainReward(read.rewards)
      ? { rewards: { ...read.rewards, ...other.rewards } }
      : read
  }
  if (text === undefined) return { problem: 'tests/test.sh wrote neither reward.json nor reward.txt in /logs/verifier' }
  return readText(text)
}

function readText(text: string): { rewards: Record<string, number> } | { problem: string } {
  if (text.trim() === '') return { problem: 'reward.txt is empty' }
  const reward = Number(text.trim())
  if (!Number.isFinite(reward))
    return { problem: `reward.txt: expected a number, got ${JSON.stringify(text.trim().slice(0, 60))}` }
  return { rewards: { reward } }
}

function readJson(text: string): { rewards: Record<string, number> } | { problem: string } {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return { problem: text.trim() === '' ? 'reward.json is empty' : 'reward.json is not JSON' }
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { problem: 'reward.json: expected an object of numbers' }
  }
  const rewards: Record<string, number> = {}
  for (const [name, value] of Object.entries(document)) {
    const number = typeof value === 'boolean' ? Number(value) : value
    if (typeof number !== 'number' || !Number.isFinite(number)) {
      return { problem: `reward.json: ${name}: expected a number, got ${JSON.stringify(value)}` }
    }
    rewards[name] = number
  }
  return Object.keys(rewards).length === 0 ? { problem: 'reward.json names no reward' } : { rewards }
}

/** The one number that counts: `reward`, else the least of all. */
export function mainReward(rewards: Readonly<Record<string, number>>): number {
  return rewards['reward'] ?? Math.min(...Object.values(rewards))
}

/** A file that is one, and no link to something else. */
async function readPlain(file: string): Promise<string | undefined> {
  const info = await lstat(file).catch(() => undefined)
  return info?.isFile() ? readFile(file, 'utf8') : undefined
}
