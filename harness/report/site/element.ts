type Attributes = Record<string, string | number | boolean | undefined | ((event: Event) => void)>
export type Child = Node | string | number | undefined | false | Child[]

/** Makes an element. Texts become text nodes, never markup: what agents and clusters wrote stays what it is. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    if (typeof value === 'function') made.addEventListener(key.replace(/^on/, ''), value)
    else made.setAttribute(key, value === true ? '' : String(value))
  }
  append(made, children)
  return made
}

export function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined || child === false) continue
    if (Array.isArray(child)) append(parent, child)
    else parent.append(typeof child === 'number' ? String(child) : child)
  }
}
