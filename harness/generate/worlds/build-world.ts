import type { Dice } from '../../manifest/generate/dice.ts'
import type { ModelName } from '../split.ts'
import { distractorModels } from './distractors.ts'
import { featureNames, features, type Feature } from './features.ts'
import { models, type Model, type Role } from './models.ts'
import { clientOf, echoImage, namespaceOf, objectsOf } from './objects-of.ts'
import type { Client, World } from './world.ts'

export interface WorldWish {
  model: ModelName
  /** Features that it must have; more are added. */
  features: readonly Feature[]
  /** How many features it has at least, and how many odd things that harm nothing. */
  size?: { features: number; distractors: number }
}

/** A healthy world: the same for the same dice. */
export function buildWorld(wish: WorldWish, dice: Dice): World {
  const model = models[wish.model]
  const plain = buildPlain(wish.model, model, dice)
  const size = wish.size ?? { features: 3 + dice.roll(3), distractors: dice.roll(4) }
  const left = featureNames.filter((name) => !wish.features.includes(name))
  const chosen = new Set([...wish.features, ...dice.some(left, Math.max(0, size.features - wish.features.length))])
  // in one order, so that what builds on the programs' arguments finds them as they are
  const world = featureNames
    .filter((name) => chosen.has(name))
    .reduce((built, name) => features[name](built, dice), plain)
  return addDistractors(world, size.distractors, dice)
}

function addDistractors(world: World, count: number, dice: Dice): World {
  const namespaces = world.objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata)
  const distractors = dice.some(distractorModels, count).map((make) => {
    const { name, labels = {} } = dice.pick(namespaces)
    return make(name, labels['team'] ?? 'web', dice)
  })
  return { ...world, distractors, objects: [...world.objects, ...distractors.flatMap(({ objects }) => objects)] }
}

function buildPlain(name: ModelName, model: Model, dice: Dice): World {
  const spaces = new Map(
    Object.entries(model.namespaces).map(([key, names]) => [key, { name: dice.pick(names), team: key }]),
  )
  const spaceOf = (key: string): { name: string; team: string } => spaces.get(key) ?? { name: key, team: key }
  const roles = model.roles
    .filter(({ isOptional }) => !isOptional || dice.roll(2) === 0)
    .map((role) => placeRole(role, spaceOf(role.in), dice))
  const placed = new Map(roles.map((role) => [role.role.role, role]))
  const urlOf = (from: string, role: string): string => {
    const { space, program, servicePort, role: known, replicas } = placed.get(role) as PlacedRole
    const host = space.name === from ? program : `${program}.${space.name}`
    if (!known.isStateful) return `http://${host}:${servicePort}/`
    return Array.from({ length: replicas }, (_, i) => `http://${program}-${i}.${host}:${servicePort}/`).join(',')
  }
  const clients = model.clients.map((client): Client & { team: string } => {
    const space = spaceOf(client.in)
    return {
      namespace: space.name,
      name: uniqueName(dice.pick(client.names), roles, space.name),
      url: urlOf('', client.calls).replace(
        /^http:\/\/([^.:/]+)\.([^.:/]+):/,
        (whole: string, host: string, namespace: string) => (namespace === space.name ? `http://${host}:` : whole),
      ),
      body: (placed.get(client.calls) as PlacedRole).says,
      people: client.people,
      act: client.act,
      worked: client.worked,
      lost: client.lost,
      team: space.team,
    }
  })
  return {
    model: name,
    name: roles[0]?.program ?? name,
    company: dice.pick(model.companies),
    business: dice.pick(model.businesses),
    objects: [
      ...[...spaces.values()].map((space) => namespaceOf(space.name, space.team)),
      ...roles.flatMap((role) => {
        const calls = (role.role.calls ?? []).map((other) => urlOf(role.space.name, other)).join(',')
        return objectsOf(
          {
            namespace: role.space.name,
            name: role.program,
            team: role.space.team,
            replicas: role.replicas,
            image: echoImage,
            args: [
              `--name=${role.program}`,
              `--text=${role.says}`,
              ...(role.port === 8080 ? [] : [`--port=${role.port}`]),
              ...(calls === '' ? [] : [`--call=${calls}`, '--call-per-request', '--call-every=5s']),
            ],
            port: role.port,
            isStateful: role.role.isStateful === true,
            isRecreated: role.isRecreated,
          },
          role.servicePort,
        )
      }),
      ...clients.map(clientOf),
    ],
    addons: [],
    clients: clients.map(withoutTeam),
    distractors: [],
  }
}

function withoutTeam({ namespace, name, url, body, people, act, worked, lost }: Client): Client {
  return { namespace, name, url, body, people, act, worked, lost }
}

interface PlacedRole {
  role: Role
  space: { name: string; team: string }
  program: string
  says: string
  replicas: number
  port: number
  servicePort: number
  isRecreated: boolean
}

function placeRole(role: Role, space: { name: string; team: string }, dice: Dice): PlacedRole {
  const port = dice.pick([8080, 8080, 9000, 7070])
  return {
    role,
    space,
    program: dice.pick(role.names),
    says: `${dice.pick(role.says)}, ${dice.pick(['no', 'ticket', 'entry', 'reference'])} ${100 + dice.roll(9000)}`,
    replicas: role.isStateful ? 2 : dice.pick([1, 2, 2, 3]),
    port,
    servicePort: role.isStateful ? port : dice.pick([8080, 80, port]),
    isRecreated: dice.roll(4) === 0,
  }
}

/** A client must not be called like a program of its namespace. */
function uniqueName(name: string, roles: readonly PlacedRole[], namespace: string): string {
  return roles.some(({ program, space }) => program === name && space.name === namespace) ? `${name}-client` : name
}
