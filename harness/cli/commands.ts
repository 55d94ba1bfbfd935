import type { CommandTable } from './define-command.ts'

/** Every command of `kubemend`. */
export const commands: CommandTable = {
  run: { summary: 'run agents on tasks and judge them', load: async () => (await import('./commands/run.ts')).run },
  start: { summary: 'what `npm start` shows', load: async () => (await import('./commands/start.ts')).start },
  serve: {
    summary: "a task's broken cluster for an agent that runs elsewhere: open, close",
    load: async () => (await import('./commands/serve/table.ts')).serveCommands,
  },
  doctor: {
    summary: 'what this machine can and cannot run',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  bench: {
    summary: 'measure this machine with Kubemend',
    load: async () => (await import('./commands/bench/table.ts')).benchCommands,
  },
  prepare: {
    summary: 'make or download ahead of time what clusters need',
    load: async () => (await import('./commands/prepare.ts')).prepare,
  },
  cluster: {
    summary: 'clusters: up, list, down, snapshot, restore, ...',
    load: async () => (await import('./commands/cluster/table.ts')).clusterCommands,
  },
  image: {
    summary: 'images: kind-node, ...',
    load: async () => (await import('./commands/image/table.ts')).imageCommands,
  },
  list: {
    summary: 'tasks, and everything that is wrong with them',
    load: async () => (await import('./commands/list.ts')).list,
  },
  show: {
    summary: 'one task: story, cluster, outcome, permissions',
    load: async () => (await import('./commands/show.ts')).show,
  },
  dataset: {
    summary: 'datasets: digest, ...',
    load: async () => (await import('./commands/dataset/table.ts')).datasetCommands,
  },
  manifest: {
    summary: 'tasks that want one manifest: generate, prove, judge, ...',
    load: async () => (await import('./commands/manifest/table.ts')).manifestCommands,
  },
  publish: {
    summary: 'make a site of static files from jobs',
    load: async () => (await import('./commands/publish.ts')).publish,
  },
  view: {
    summary: 'the same pages on this machine, live',
    load: async () => (await import('./commands/view.ts')).view,
  },
  compare: {
    summary: 'two jobs or two agents, task by task',
    load: async () => (await import('./commands/compare.ts')).compare,
  },
  export: {
    summary: 'trajectories for training, a trial as one file',
    load: async () => (await import('./commands/export/table.ts')).exportCommands,
  },
  schema: {
    summary: 'JSON Schemas of task files, for editors',
    load: async () => (await import('./commands/schema.ts')).schema,
  },
  explain: {
    summary: 'what a verifier checks, and its parameters',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  check: {
    summary: 'let tasks prove themselves: solutions, and everybody who would cheat them',
    load: async () => (await import('./commands/check.ts')).check,
  },
  new: {
    summary: 'start a task from a ready world',
    load: async () => (await import('./commands/new.ts')).newCommand,
  },
  import: {
    summary: 'task skeletons from elsewhere: k8s-ai-bench, namespace',
    load: async () => (await import('./commands/import/table.ts')).importCommands,
  },
  dev: {
    summary: "the author's loop: a broken world, and the verdict again on every save",
    load: async () => (await import('./commands/dev.ts')).dev,
  },
  generate: {
    summary: 'make repair tasks, each proven on a real cluster',
    load: async () => (await import('./commands/generate.ts')).generate,
  },
  verify: {
    summary: "judge a task's outcome on any live cluster",
    load: async () => (await import('./commands/verify.ts')).verify,
  },
}
