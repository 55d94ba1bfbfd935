import table from './kubectl-flags.json' with { type: 'json' }

export interface KubectlFlag {
  name: string
  /** Whether a value must follow; a flag that needs none only takes one after `=`. */
  needsValue: boolean
}

/** One command of kubectl: its flags by long name and by letter, and the commands below it. */
export interface KubectlNode {
  path: string
  long: Map<string, KubectlFlag>
  short: Map<string, KubectlFlag>
  children: Map<string, KubectlNode>
}

/** The root of kubectl's commands, as kubectl itself declares them (kubectl-flags.dump.go); its flags are the global ones. */
export const kubectlTree: KubectlNode = buildTree()

/** The flag that a name means to a command: its own before the global one, as in kubectl. `_` counts as `-`. */
export function findLongFlag(node: KubectlNode, name: string): { flag: KubectlFlag; isGlobal: boolean } | undefined {
  const normal = name.replaceAll('_', '-')
  const own = node === kubectlTree ? undefined : node.long.get(normal)
  const flag = own ?? kubectlTree.long.get(normal)
  return flag && { flag, isGlobal: own === undefined }
}

export function findShortFlag(node: KubectlNode, letter: string): { flag: KubectlFlag; isGlobal: boolean } | undefined {
  const own = node === kubectlTree ? undefined : node.short.get(letter)
  const flag = own ?? kubectlTree.short.get(letter)
  return flag && { flag, isGlobal: own === undefined }
}

function buildTree(): KubectlNode {
  const entries = Object.entries(table as Record<string, { aliases?: string[]; flags: string }>)
  const nodes = new Map(entries.map(([path, { flags }]) => [path, nodeOf(path, flags)]))
  for (const [path, { aliases = [] }] of entries) {
    if (path === '') continue
    const words = path.split(' ')
    const parent = nodes.get(words.slice(0, -1).join(' '))
    for (const name of [words.at(-1)!, ...aliases]) parent?.children.set(name, nodes.get(path)!)
  }
  return nodes.get('')!
}

function nodeOf(path: string, flags: string): KubectlNode {
  const node: KubectlNode = { path, long: new Map(), short: new Map(), children: new Map() }
  for (const word of flags.split(' ')) {
    const [, letter, name, equals] = /^(?:-(.),)?--([^=]+)(=?)$/.exec(word) ?? []
    if (name === undefined) throw new Error(`kubectl-flags.json: ${path}: ${word}`)
    const flag = { name, needsValue: equals === '=' }
    node.long.set(name, flag)
    if (letter !== undefined) node.short.set(letter, flag)
  }
  return node
}
