const held = new Map<string, Promise<void>>()

/** Waits until nobody else in this process holds the name, then holds it until disposed of. */
export async function claim(name: string): Promise<Disposable> {
  for (let other = held.get(name); other; other = held.get(name)) await other
  const { promise, resolve } = Promise.withResolvers<void>()
  held.set(name, promise)
  return {
    [Symbol.dispose]() {
      held.delete(name)
      resolve()
    },
  }
}
