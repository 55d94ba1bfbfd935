import type { CommandTable } from '../../define-command.ts'

export const manifestCommands: CommandTable = {
  generate: {
    summary: 'write the generated dataset anew',
    load: async () => (await import('./generate.ts')).generate,
  },
  prove: {
    summary: 'prove tasks on one cluster: references pass, wrong answers fail where they should',
    load: async () => (await import('./prove.ts')).prove,
  },
  judge: {
    summary: 'judge one answer to one task, stage by stage',
    load: async () => (await import('./judge.ts')).judge,
  },
  unpack: {
    summary: 'write tasks of a compact dataset as folders',
    load: async () => (await import('./unpack.ts')).unpack,
  },
  funnel: {
    summary: 'how far the answers of a job came',
    load: async () => (await import('./funnel.ts')).funnel,
  },
  assess: {
    summary: 'have models judge the answers of a job',
    load: async () => (await import('./assess.ts')).assess,
  },
  compare: {
    summary: 'whether one model answers better than another',
    load: async () => (await import('./compare.ts')).compare,
  },
  import: {
    summary: "make tasks of somebody else's dataset",
    load: async () => (await import('./import/table.ts')).importCommands,
  },
  synthesize: {
    summary: 'invent tasks against what a job failed at',
    load: async () => (await import('./synthesize.ts')).synthesize,
  },
  reverse: {
    summary: 'make tasks of real manifests',
    load: async () => (await import('./reverse.ts')).reverse,
  },
  export: {
    summary: 'the answers of a job that pass, as training data',
    load: async () => (await import('./export.ts')).exportPairs,
  },
}
