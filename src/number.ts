/** How a number is written. */
export interface NumberStyle {
  readonly format?: 'fixed' | 'scientific' | 'percent' | 'integer'
  /** Digits after the decimal point; 2 unless given. */
  readonly digits?: number
}

/** A number in parts, so that words and HTML can each typeset the power of ten their own way. */
export interface WrittenNumber {
  /** With the true minus sign, and thousands apart by a comma. */
  readonly mantissa: string
  /** Of ten; undefined when the number is written out. */
  readonly exponent?: string
}

const minus = (text: string) => text.replace('-', '\u2212')

/**
 * Writes a number: `3507741` as integer is 3,507,741; `0.0123` as percent with one digit is 1.2%. Only
 * integers are grouped. Never writes minus zero.
 */
export function writeNumber(
  value: number,
  { format = 'fixed', digits = 2 }: NumberStyle = {},
): WrittenNumber {
  if (!Number.isFinite(value))
    return { mantissa: Number.isNaN(value) ? 'undefined' : minus(value < 0 ? '-\u221e' : '\u221e') }
  if (format === 'scientific' && value !== 0) {
    const [mantissa, exponent] = value.toExponential(digits).split('e')
    return { mantissa: minus(mantissa), exponent: minus(exponent.replace('+', '')) }
  }
  const places = format === 'integer' ? 0 : digits
  const text = new Intl.NumberFormat('en-US', {
    style: format === 'percent' ? 'percent' : 'decimal',
    minimumFractionDigits: places,
    maximumFractionDigits: places,
    signDisplay: 'negative',
    useGrouping: format === 'integer',
  }).format(value)
  return { mantissa: minus(text) }
}

/** A number as plain text, for text alternatives and titles: `1.2e-9` becomes 1.2 × 10⁻⁹. */
export function plainNumber(value: number, style?: NumberStyle): string {
  const { mantissa, exponent } = writeNumber(value, style)
  if (exponent === undefined) return mantissa
  return `${mantissa} \u00d7 10${[...exponent].map((sign) => '⁰¹²³⁴⁵⁶⁷⁸⁹⁻'['0123456789\u2212'.indexOf(sign)]).join('')}`
}

/** A number as HTML: the power of ten as a superscript. */
export function numberHtml(value: number, style?: NumberStyle): string {
  const { mantissa, exponent } = writeNumber(value, style)
  return exponent === undefined ? mantissa : `${mantissa}\u00a0\u00d7\u00a010<sup>${exponent}</sup>`
}

/** Words as the beginning of a sentence. */
export const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)

/**
 * A measured magnitude with two significant digits, in scientific notation where it is very small or very
 * large.
 */
export function magnitude(value: number): { value: number; style: NumberStyle } {
  const power = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  if (power < -3 || power > 5) return { value, style: { format: 'scientific', digits: 1 } }
  return { value, style: { format: 'fixed', digits: Math.max(0, 1 - power) } }
}
