import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stripCanary } from './instruction.ts'

describe('stripCanary', () => {
  it('takes off leading canary comments and the blank lines after them', () => {
    expect(stripCanary('<!-- kubemend CANARY 1 -->\n# canary 2\n\n\nRepair it.\n')).toBe('Repair it.\n')
  })

  it('keeps canaries that stand elsewhere, and headings', () => {
    expect(stripCanary('# Repair\n\n<!-- canary -->\n')).toBe('# Repair\n\n<!-- canary -->\n')
  })

  it('changes nothing a second time', () => {
    const line = fc.constantFrom('', ' ', 'text', '# canary', '<!-- canary -->', '# heading')
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const once = stripCanary(lines.join('\n'))
        expect(lines.join('\n').endsWith(once)).toBe(true)
        if (once !== '') expect(once.split('\n')[0]?.trim()).not.toBe('')
      }),
    )
  })
})
