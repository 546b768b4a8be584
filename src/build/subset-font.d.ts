declare module 'subset-font' {
  /** A face with only the glyphs for the characters of `text`. */
  export default function subsetFont(
    face: Uint8Array,
    text: string,
    options: { targetFormat: 'woff2' },
  ): Promise<Uint8Array>
}
