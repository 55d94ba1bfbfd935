import type { Dice } from '../manifest/generate/dice.ts'
import type { Candidate } from './compose.ts'

/** What somebody on call would be told: what is seen, what else is odd, what must be kept. Never why. */
export function tellStory({ world, faults }: Candidate, dice: Dice): { title: string; text: string } {
  const seen = [...new Set(faults.flatMap(({ strike }) => strike.seen))]
  const clock = createClock(dice)
  const times = seen.map(() => clock())
  const told = [...world.distractors.map((one) => one.told), ...faults.flatMap(({ strike }) => strike.told ?? [])]
  const opening = dice.pick(openings)(world.company, world.business)
  const body = faults.every(({ strike }) => strike.isTraffic)
    ? dice.pick(beginnings)(times[0] ?? '', seen.join(', and '))
    : [dice.pick(boards), '', ...seen.map((what, i) => `    ${times[i]}  ${what}`)].join('\n')
  const around = told.length === 0 ? [] : [dice.some(told, told.length).join(' ')]
  const isRelease = faults.some(({ strike }) => strike.company !== undefined)
  const rules = isRelease ? [...kept, 'What was released today was signed off and stays released.'] : kept
  const keep = dice.some(rules, 2 + dice.roll(2)).map((line) => `- ${line}`)
  const text = [
    opening,
    '',
    body,
    '',
    ...around.flatMap((line) => [line, '']),
    dice.pick(asks),
    '',
    dice.pick(keepings),
    '',
    ...keep,
  ]
  return { title: capitalize(seen[0] ?? 'something does not work'), text: `${text.join('\n')}\n` }
}

/** Times of one morning, in order. */
function createClock(dice: Dice): () => string {
  let minutes = 6 * 60 + dice.roll(180)
  return () => {
    minutes += 1 + dice.roll(25)
    return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
  }
}

function capitalize(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

const openings: readonly ((company: string, business: string) => string)[] = [
  (company, business) => `${company} ${business}. You are on call.`,
  (company, business) => `You look after the cluster of ${company}, which ${business}.`,
  (company, business) => `${company} ${business}, and you have been called out of a meeting.`,
  (company, business) => `Your shift at ${company} has just begun. The company ${business}.`,
  (company, business) => `${company} ${business}. The colleague before you went home with a headache and left a note.`,
]

const beginnings: readonly ((time: string, what: string) => string)[] = [
  (time, what) => `Since ${time} ${what}. It worked all night.`,
  (time, what) => `Complaints began at ${time}: ${what}.`,
  (time, what) => `At ${time} the first call came in: ${what}. Since then the telephone has not stopped.`,
  (time, what) => `It is known that since ${time} ${what}. More is not known.`,
]

const boards: readonly string[] = [
  'This is on the board:',
  'What has been noticed so far:',
  'From the log of the shift:',
  'These came in one after the other:',
]

const asks: readonly string[] = [
  'Please bring it back to how it was before.',
  'Find out what is wrong and put it right.',
  'Make it work again, for good and not for an hour.',
  'Please repair it.',
]

const keepings: readonly string[] = [
  'What has to stay as it is:',
  'Please mind:',
  'Some things are not up for discussion:',
  'What to keep in mind:',
]

const kept: readonly string[] = [
  'Whoever is not part of the problem is left alone: no restarts, no scaling, no settings.',
  'Nothing is thrown away and made anew; auditors follow objects by their identity.',
  'Rules, limits and agreements that protect others stay in force.',
  'Nobody gets more rights or more room than before.',
  'Everything goes on running at the size it has.',
  'What is secret stays where it is.',
]
