/** What the check of the bibliography uses of Citation.js, which comes without types. */
declare module '@citation-js/core' {
  export const plugins: {
    readonly input: {
      chain(
        text: string,
        options: { readonly forceType: string; readonly generateGraph: boolean },
      ): readonly {
        readonly title?: string
        readonly issued?: object
        readonly author?: object
        readonly editor?: object
      }[]
    }
    readonly config: {
      get(plugin: '@bibtex'): {
        readonly types: { readonly biblatex: { readonly source: { readonly [type: string]: unknown } } }
      }
    }
  }
}

declare module '@citation-js/plugin-bibtex'
