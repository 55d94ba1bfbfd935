import { describe, expect, it } from 'vitest'
import { createDice } from '../../manifest/generate/dice.ts'
import type { KubeObject } from '../../base/kube-client.ts'
import { verifiers } from '../../../verifiers/library.ts'
import { parseContract } from '../../task/contract.ts'
import { isObject } from '../../state/json.ts'
import { jsonPatch as applyJsonPatch } from '../../../environments/fake/patch-object.ts'
import { changedObjects, differencesOf, jsonPatch, strategicPatch } from '../compare-objects.ts'
import { repairOf, strikeAt, type Fault } from '../compose.ts'
import { editObjects } from '../objects.ts'
import { modelNames, splitOfKind, splitOfModel } from '../split.ts'
import { buildWorld } from '../worlds/build-world.ts'
import { featureNames } from '../worlds/features.ts'
import type { World } from '../worlds/world.ts'
import { operators } from './operators.ts'

/** A place for an operator, in a world of its own part that has everything. */
function strikeSomewhere(name: string): { world: World; fault: Fault } {
  const operator = operators.find((one) => one.name === name)
  if (!operator) throw new Error(`there is no operator ${name}`)
  const models = modelNames.filter((model) => splitOfModel[model] === splitOfKind[operator.kind])
  for (let i = 0; i < 40; i++) {
    const dice = createDice(`${name} ${i}`)
    const world = buildWorld({ model: dice.pick(models), features: featureNames }, dice)
    const fault = strikeAt(operator, world, dice)
    if (fault) return { world, fault }
  }
  throw new Error(`${name} found no place in 40 worlds`)
}

function statesOf(
  world: World,
  { strike }: Fault,
): { released: KubeObject[]; broken: KubeObject[]; repaired: KubeObject[] } {
  const released = editObjects(world.objects, strike.company ?? [])
  const broken = editObjects(released, strike.edits)
  return { released, broken, repaired: editObjects(broken, repairOf(strike, broken, released)) }
}

it('has at least forty operators of at least fifteen kinds, each with a name of its own', () => {
  expect(operators.length).toBeGreaterThanOrEqual(40)
  expect(new Set(operators.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(15)
  expect(new Set(operators.map(({ name }) => name)).size).toBe(operators.length)
})

it('waits in init containers with what the image has: nc of busybox knows no -z', () => {
  const texts = modelNames.map((model) =>
    JSON.stringify(buildWorld({ model, features: ['waiting'] }, createDice(model)).objects),
  )
  expect(texts.join('')).toContain('until wget')
  expect(texts.join('')).not.toContain('nc -z')
})

describe.each(operators.map((operator) => [operator.name, operator] as const))('%s', (name, operator) => {
  const { world, fault } = strikeSomewhere(name)
  const { strike } = fault
  const { released, broken, repaired } = statesOf(world, fault)

  it('finds no place where what it needs is not there', () => {
    const bare: World = { ...world, objects: world.objects.filter(({ kind }) => kind === 'Namespace'), clients: [] }
    expect(operator.find(bare)).toEqual([])
  })

  it('finds only workloads of the world', () => {
    for (const site of operator.find(world)) {
      expect(world.objects).toContain(site.workload)
      if (site.object) expect(world.objects).toContain(site.object)
    }
  })

  it('changes something, and its repair takes back exactly what people would call different', () => {
    expect(differencesOf(released, broken)).not.toEqual([])
    const left = differencesOf(released, repaired)
    // a repair of its own may leave what was right to change
    if (strike.repair === undefined) expect(left).toEqual([])
    else expect(differencesOf(broken, repaired)).not.toEqual([])
  })

  it('is written as patches that mean the same to a server', () => {
    for (const { before, after } of changedObjects(world.objects, broken)) {
      if (!before || !after) continue
      expect(merge(before, strategicPatch(before, after))).toEqual(after)
    }
    for (const { before, after } of changedObjects(broken, repaired)) {
      if (before && after) expect(applyJsonPatch(before, jsonPatch(before, after))).toEqual(after)
    }
  })

  it('says in checks that there are how it shows and when it is over', () => {
    const { problems } = parseContract(
      { outcome: strike.outcome, symptom: strike.symptom, preserve: strike.preserve ?? [] },
      verifiers,
    )
    expect(problems ?? []).toEqual([])
    expect(strike.outcome).not.toEqual([])
  })

  it('knows wrong repairs, and none of them is the right one', () => {
    expect(strike.unsafe.length).toBeGreaterThanOrEqual(2)
    expect(new Set(strike.unsafe.map((unsafe) => unsafe.name)).size).toBe(strike.unsafe.length)
    for (const { lines, because } of strike.unsafe) {
      expect(lines.join('\n')).toMatch(/^(?:kubectl|node=|address=|value=)/)
      expect(because).not.toBe('')
    }
  })

  it('strikes the same for the same dice', () => {
    const again = strikeAt(operator, world, createDice('again'))
    expect(strikeAt(operator, world, createDice('again'))).toEqual(again)
  })
})

/** What the API server makes of a strategic merge patch, as its documentation says, for the lists that faults change. */
function merge(target: unknown, patch: unknown, field = ''): unknown {
  if (Array.isArray(patch)) return mergeLists(target, patch as unknown[], field)
  if (!isObject(patch)) return patch
  const result = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merge(result[key], value, key)
  }
  return result
}

function mergeLists(target: unknown, patch: unknown[], field: string): unknown {
  const [first, ...rest] = patch
  const keys = mergeKeys[field]
  if (!keys) return patch
  if (isObject(first) && first['$patch'] === 'replace') return rest
  const result = [...(target as Record<string, unknown>[])]
  for (const item of patch as Record<string, unknown>[]) {
    const key = keys.find((name) => item[name] !== undefined) ?? 'name'
    const at = result.findIndex((other) => other[key] === item[key])
    if (at < 0) result.push(item)
    else result[at] = merge(result[at], item) as Record<string, unknown>
  }
  return result
}

/** From the API's reference: patchMergeKey of each list. */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  ports: ['containerPort', 'port'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
}
