/** Fills in `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:+other}` and `${VAR:?message}`; `$$` is a dollar sign. */
export function interpolate(
  text: string,
  variables: Readonly<Record<string, string>>,
): { text: string; missing: string[] } {
  const missing: string[] = []
  const filled = text.replaceAll(
    /\$(?:\$|\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\}|([A-Za-z_]\w*))/g,
    (whole, braced: string | undefined, operator: string | undefined, operand = '', plain: string | undefined) => {
      if (whole === '$$') return '$'
      const name = braced ?? plain ?? ''
      const value = variables[name]
      const isThere = value !== undefined && !(operator?.startsWith(':') && value === '')
      if (operator?.endsWith('+')) return isThere ? String(operand) : ''
      if (isThere) return value
      if (operator?.endsWith('-')) return String(operand)
      missing.push(name)
      return ''
    },
  )
  return { text: filled, missing }
}
