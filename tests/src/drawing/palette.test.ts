import { describe, expect, test } from 'vitest'
import { palette, paletteCss } from '../../../src/drawing/palette.ts'

/** Relative luminance of a colour (WCAG 2.2). */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** Contrast ratio of two colours (WCAG 2.2). */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

describe.each(['light', 'dark'] as const)('the %s palette', (theme) => {
  test.each(['ink', 'muted', 'agree', 'opposed', 'truth'] as const)(
    'has %s at 4.5 : 1 against paper and panels',
    (role) => {
      expect(contrast(palette[role][theme], palette.paper[theme])).toBeGreaterThanOrEqual(4.5)
      expect(contrast(palette[role][theme], palette.panel[theme])).toBeGreaterThanOrEqual(4.5)
    },
  )
})

test('the style sheet declares every role for both themes', () => {
  for (const role of Object.keys(palette)) expect(paletteCss().split(`--${role}:`)).toHaveLength(3)
})
