type Value = string | number | boolean | Value[] | Table
export interface Table {
  [key: string]: Value | undefined
}

/** Writes a TOML document: plain values first, then tables, then lists of tables. What is undefined stays out. */
export function renderToml(document: Table): string {
  return `${renderTable(document, []).join('\n').trim()}\n`
}

function renderTable(table: Table, at: string[]): string[] {
  const entries = Object.entries(table).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  const plain = entries.filter(([, value]) => !isTable(value) && !isTables(value))
  const lines = plain.map(([key, value]) => `${nameOf(key)} = ${renderValue(value)}`)
  for (const [key, value] of entries) {
    if (isTable(value)) lines.push('', `[${pathOf([...at, key])}]`, ...renderTable(value, [...at, key]))
  }
  for (const [key, value] of entries) {
    if (!isTables(value)) continue
    for (const one of value) lines.push('', `[[${pathOf([...at, key])}]]`, ...renderTable(one, [...at, key]))
  }
  return lines
}

function renderValue(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(renderValue).join(', ')}]`
  if (typeof value !== 'object') return String(value)
  const pairs = Object.entries(value).flatMap(([key, one]) =>
    one === undefined ? [] : [`${nameOf(key)} = ${renderValue(one)}`],
  )
  return `{ ${pairs.join(', ')} }`
}

function isTable(value: Value): value is Table {
  return typeof value === 'object' && !Array.isArray(value)
}

/** Lists of tables become tables of their own below a table; at the top they would end the root's plain values. */
function isTables(value: Value): value is Table[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable) && !value.every((one) => 'source' in one)
}

const pathOf = (keys: string[]): string => keys.map(nameOf).join('.')
const nameOf = (key: string): string => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key))
