/** Words that the made-up organisations of the tasks are built from. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/)

export const teams: readonly string[] = words(`
  ledger payments catalog search booking routing shipping returns loyalty pricing tariffs claims billing identity
  consent mailing alerts metrics traces archive genomics imaging triage pharmacy rostering payroll hiring training
  fleet dispatch charging parking ticketing seating streaming captions playlists studio newsroom forums moderation
  weather tides seismic orchards dairy brewery foundry assembly`)

export const places: readonly string[] = words(`
  prod staging canary preview sandbox north south east west central oslo porto lyon turin graz gent cork bern riga
  tallinn malmo bergen vigo split delft leeds perth osaka quito lima`)

export const apps: readonly string[] = words(`
  api web worker gateway scheduler importer exporter notifier indexer reporter proxy cache syncer collector renderer
  validator dispatcher archiver planner broker`)

export const people: readonly string[] = words(
  'amara bruno chiara dmitri elif farid greta hana ivo jana kofi lena mateo nadia omar',
)

export const stories: readonly string[] = [
  'An audit found that this was set up by hand in the old cluster and never written down.',
  'The team moves to this cluster next week, and this is the first thing it needs.',
  'Until now everybody borrowed the objects of another team, which ends today.',
  'The old setup was lost together with the laptop it was made on.',
  'A release waits for this, so it has to be right the first time.',
  'The platform group takes care of the rest; only this piece is missing.',
  'Last month somebody did this in a hurry and opened far too much; this time it is reviewed.',
  'The same has to be repeatable in other regions, so it must not lean on anything that is not in it.',
  'A contractor takes over on Monday and must find exactly what is described here.',
  'The change board has approved precisely this and nothing beyond it.',
  'It replaces a script that broke whenever its author was on holiday.',
  'During the last incident this was what everybody looked for and nobody had.',
]

export const closings: readonly string[] = [
  'Answer with the manifest as YAML.',
  'Reply with YAML that can be applied as it is.',
  'Give me the YAML for it.',
  'Write the manifest.',
  'Return the finished YAML.',
]

export const strictClosings: readonly string[] = [
  'Your whole answer is piped into the API server: nothing but YAML, no fences, no explanation.',
  'Output raw YAML only. Anything else around it, code fences included, makes the pipeline fail.',
]
