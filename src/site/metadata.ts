/** What a page's head says to search engines, to those who get its link, and to reference managers. */
import { palette } from '../drawing/palette.ts'
import type { SiteSettings } from './settings.ts'

export interface PageFacts {
  readonly title: string
  readonly description: string
  /** Below the site's address, such as `method.html`. */
  readonly address: string
  /** Whether the page is the article itself, which is what one cites. */
  readonly article: boolean
  /** The picture that stands for the page, below the site's address. */
  readonly card?: { readonly address: string; readonly alternative: string } | undefined
}

/** An element of the head without content. */
export interface Tag {
  readonly element: 'meta' | 'link'
  readonly attributes: { readonly [name: string]: string }
}

/** Pixels of a page's picture; what sites that show a link's picture ask for. */
export const cardSize = { width: 1200, height: 630 } as const

/** The title of the browser's tab. */
export const documentTitle = ({ title, article }: PageFacts, { name }: SiteSettings) =>
  article || title === name ? title : `${title} · ${name}`

/** The page's own address; undefined as long as the site has none. */
export function canonical(
  { address }: Pick<PageFacts, 'address'>,
  settings: SiteSettings,
): string | undefined {
  return settings.address && new URL(address === 'index.html' ? '.' : address, settings.address).href
}

/** All but the title and the structured data. What is not known is left out. */
export function tags(page: PageFacts, settings: SiteSettings): Tag[] {
  const { authors, published, modified, doi, licence, language, name } = settings
  const here = canonical(page, settings)
  const picture = settings.address && page.card && new URL(page.card.address, settings.address).href
  const meta = (key: 'name' | 'property', name: string, content: string | undefined): Tag[] =>
    content ? [{ element: 'meta', attributes: { [key]: name, content } }] : []
  const named = (name: string, content: string | undefined) => meta('name', name, content)
  const property = (name: string, content: string | undefined) => meta('property', name, content)
  const theme = (scheme: 'light' | 'dark'): Tag => ({
    element: 'meta',
    attributes: {
      name: 'theme-color',
      content: palette.paper[scheme],
      media: `(prefers-color-scheme: ${scheme})`,
    },
  })
  const people = authors.map((author) => author.name)
  return [
    ...named('description', page.description),
    ...named('author', people.join(', ')),
    ...(here ? [{ element: 'link', attributes: { rel: 'canonical', href: here } } as const] : []),
    ...(licence?.address
      ? [{ element: 'link', attributes: { rel: 'license', href: licence.address } } as const]
      : []),
    theme('light'),
    theme('dark'),
    ...property('og:type', page.article ? 'article' : 'website'),
    ...property('og:title', page.title),
    ...property('og:description', page.description),
    ...property('og:site_name', name),
    ...property('og:locale', language.replace('-', '_')),
    ...property('og:url', here),
    ...(picture && page.card
      ? [
          ...property('og:image', picture),
          ...property('og:image:type', 'image/png'),
          ...property('og:image:width', String(cardSize.width)),
          ...property('og:image:height', String(cardSize.height)),
          ...property('og:image:alt', page.card.alternative),
        ]
      : []),
    ...named('twitter:card', picture ? 'summary_large_image' : 'summary'),
    ...(page.article
      ? [
          ...property('article:published_time', published),
          ...property('article:modified_time', modified),
          ...named('citation_title', page.title),
          ...people.flatMap((person) => named('citation_author', person)),
          ...named('citation_publication_date', published?.replaceAll('-', '/')),
          ...named('citation_online_date', (modified ?? published)?.replaceAll('-', '/')),
          ...named('citation_doi', doi),
          ...named('citation_language', language),
          ...named('citation_public_url', here),
          ...named('citation_fulltext_html_url', here),
          ...named('DC.title', page.title),
          ...people.flatMap((person) => named('DC.creator', person)),
          ...named('DC.date', published),
          ...named('DC.identifier', doi ? `doi:${doi}` : here),
          ...named('DC.rights', licence?.address ?? licence?.name),
          ...named('DC.language', language),
          ...named('DC.type', 'Text'),
        ]
      : []),
  ]
}

/** schema.org's description of the page, for JSON-LD. */
export function structured(page: PageFacts, settings: SiteSettings): object {
  const { authors, published, modified, doi, licence, language, name, repository, address } = settings
  const here = canonical(page, settings)
  return {
    '@context': 'https://schema.org',
    '@type': page.article ? 'ScholarlyArticle' : 'WebPage',
    headline: page.title,
    name: page.title,
    description: page.description,
    inLanguage: language,
    ...(here && { '@id': here, url: here }),
    ...(address && page.card && { image: new URL(page.card.address, address).href }),
    ...(authors.length > 0 && {
      author: authors.map((author) => ({
        '@type': 'Person',
        name: author.name,
        ...(author.orcid && { sameAs: `https://orcid.org/${author.orcid}` }),
        ...(author.affiliation && { affiliation: { '@type': 'Organization', name: author.affiliation } }),
      })),
    }),
    ...(published && { datePublished: published }),
    ...((modified ?? published) && { dateModified: modified ?? published }),
    ...(doi && page.article && { identifier: `https://doi.org/${doi}` }),
    ...(licence && (licence.address ?? licence.name) && { license: licence.address ?? licence.name }),
    ...(repository && page.article && { isBasedOn: repository }),
    isPartOf: { '@type': 'WebSite', name, ...(address && { url: address }) },
  }
}
