import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mainReward, readRewards } from './read-rewards.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'rewards-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const write = (name: string, text: string): Promise<void> => writeFile(path.join(dir, name), text)

describe('the reward of a script', () => {
  it('is a number in reward.txt', async () => {
    await write('reward.txt', ' 0.25\n')
    expect(await readRewards(dir)).toEqual({ rewards: { reward: 0.25 } })
  })

  it('is what reward.json says where both are there', async () => {
    await write('reward.txt', '1')
    await write('reward.json', '{"reward": true, "share": 0.5}')
    expect(await readRewards(dir)).toEqual({ rewards: { reward: 1, share: 0.5 } })
  })

  it('is the lesser where the two disagree', async () => {
    await write('reward.txt', '0')
    await write('reward.json', '{"reward": 1, "share": 0.5}')
    expect(await readRewards(dir)).toEqual({ rewards: { reward: 0, share: 0.5 } })
    await write('reward.json', '{"reward": 0}')
    await write('reward.txt', '1')
    expect(await readRewards(dir)).toEqual({ rewards: { reward: 0 } })
  })

  const broken: [string, string, string, string][] = [
    ['an empty file', 'reward.txt', '\n', 'reward.txt is empty'],
    ['a word', 'reward.txt', 'passed', 'reward.txt: expected a number, got "passed"'],
    ['no number', 'reward.txt', 'NaN', 'reward.txt: expected a number, got "NaN"'],
    ['no JSON', 'reward.json', '{', 'reward.json is not JSON'],
    ['a list', 'reward.json', '[1]', 'reward.json: expected an object of numbers'],
    ['a list within', 'reward.json', '{"reward": [1]}', 'reward.json: reward: expected a number, got [1]'],
    ['a number in quotes', 'reward.json', '{"reward": "1"}', 'reward.json: reward: expected a number, got "1"'],
    ['nothing', 'reward.json', '{}', 'reward.json names no reward'],
  ]
  for (const [what, file, text, problem] of broken) {
    it(`is a problem when it is ${what}`, async () => {
      await write(file, text)
      expect(await readRewards(dir)).toEqual({ problem })
    })
  }

  it('is never read through a link or from a folder', async () => {
    await write('elsewhere', '1')
    await symlink(path.join(dir, 'elsewhere'), path.join(dir, 'reward.txt'))
    await mkdir(path.join(dir, 'reward.json'))
    expect(await readRewards(dir)).toHaveProperty('problem')
  })

  it('is the one called reward, else the least', () => {
    expect(mainReward({ reward: 0.5, other: 0 })).toBe(0.5)
    expect(mainReward({ one: 1, other: 0.2 })).toBe(0.2)
  })
})
