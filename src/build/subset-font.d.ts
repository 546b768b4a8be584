declare module 'subset-font' {
  /** A face with only the glyphs for the characters of `text`, its axes of variation narrowed or fixed. */
  export default function subsetFont(
    face: Uint8Array,
    text: string,
    options: {
      targetFormat: 'woff2' | 'sfnt'
      variationAxes?: { [axis: string]: number | { min: number; max: number } }
    },
  ): Promise<Buffer>
}
