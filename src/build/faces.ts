/** The two faces of the text and that of its formulas, as Astro is to serve them. */
import { fontProviders } from 'astro/config'

interface Variant {
  readonly src: [string]
  readonly weight: string
  readonly style: 'normal' | 'italic'
}

const variant = (file: string, weight: string, style: Variant['style'] = 'normal'): Variant => ({
  src: [`${file}-${style}.woff2`],
  weight,
  style,
})

const face = (
  name: string,
  cssVariable: string,
  fallbacks: string[],
  ...variants: [Variant, ...Variant[]]
) => ({
  provider: fontProviders.local(),
  name,
  cssVariable,
  fallbacks,
  // A built page is painted once its faces are there: no other face need stand in.
  display: 'block' as const,
  options: { variants },
})

const serif = '@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght'
const sans = '@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght'

export const faces = [
  face(
    'Source Serif',
    '--serif',
    ['Georgia', 'serif'],
    variant(serif, '400 600'),
    variant(serif, '400', 'italic'),
  ),
  face('Source Sans', '--sans', ['system-ui', 'sans-serif'], variant(sans, '400 600')),
  face(
    'STIX Two Math',
    '--mathematics',
    ['math'],
    variant('@fontsource/stix-two-math/files/stix-two-math-latin-400', '400'),
  ),
]
