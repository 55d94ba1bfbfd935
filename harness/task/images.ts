/** Every image that the pods of an object would run, wherever its pod template lies. */
export function imagesOf(object: unknown): string[] {
  if (Array.isArray(object)) return object.flatMap(imagesOf)
  if (typeof object !== 'object' || object === null) return []
  return Object.entries(object).flatMap(([key, value]) => {
    if (containerLists.has(key) && Array.isArray(value)) return value.flatMap(imageOfContainer)
    if (key === 'volumes' && Array.isArray(value)) return value.flatMap(imageOfVolume)
    return imagesOf(value)
  })
}

/** Every image that a script names in manifests (`image: x`), in flags (`--image=x`) or in `kubectl set image`. */
export function imagesInScript(text: string): string[] {
  const whole = text.replaceAll(/\\\n\s*/g, ' ')
  const named = [
    ...whole.matchAll(/^[\s-]*image:\s*["']?([^\s"'#]+)/gm),
    ...whole.matchAll(/"image"\s*:\s*"([^"]+)"/g),
    ...whole.matchAll(/--image[= ]["']?([^\s"']+)/g),
  ].map((match) => match[1] ?? '')
  const set = [...whole.matchAll(/\bset\s+image\s+([^\n;|&]+)/g)].flatMap((match) =>
    [...(match[1] ?? '').matchAll(/(?:^|\s)["']?[\w.*-]+=([^\s"']+)/g)].map((pair) => pair[1] ?? ''),
  )
  return [...named, ...set].filter((image) => /^[\w][\w./:@-]*$/.test(image))
}

const containerLists = new Set(['containers', 'initContainers', 'ephemeralContainers'])

function imageOfContainer(container: unknown): string[] {
  const image = (container as { image?: unknown } | null)?.image
  return typeof image === 'string' && image !== '' ? [image] : []
}

function imageOfVolume(volume: unknown): string[] {
  const image = (volume as { image?: { reference?: unknown } } | null)?.image?.reference
  return typeof image === 'string' && image !== '' ? [image] : []
}
