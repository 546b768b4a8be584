/**
 * Previews: beside a link to a place of these pages, when it is pointed at, focused or tapped, what lies
 * there. A place of another page is fetched then. Without a script, or where there is nothing to show, a link
 * is a link.
 */

/** Links that lead elsewhere than to where they stand: those have nothing to show. */
const links = 'main a[href*="#"]:not(.anchor, .number, .finding > a:first-child)'
/** What has one tab stop for all of its links; arrow keys lead from one to the next. */
const blocks = 'p, li, dd, td, th, h2, h3, blockquote, .csl-entry'
/** Milliseconds that a pointer rests on a link before it opens, and is away before it closes. */
const [rest, away] = [150, 250]

const box = document.createElement('div')
box.id = 'preview'
box.className = 'preview'
box.popover = 'auto'
box.setAttribute('role', 'note')
box.setAttribute('aria-label', 'Preview')

const pages = new Map<string, Promise<Document>>()
/** The link whose preview is shown or being fetched. */
let shown: HTMLAnchorElement | undefined
let timer: ReturnType<typeof setTimeout> | undefined

const linkOf = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLAnchorElement>(links) : null

function page(address: string): Promise<Document> {
  const known = pages.get(address)
  if (known) return known
  const fetched = fetch(address).then(async (response) =>
    new DOMParser().parseFromString(response.ok ? await response.text() : '', 'text/html'),
  )
  fetched.catch(() => pages.delete(address))
  pages.set(address, fetched)
  return fetched
}

/** What lies at the place that a link leads to; empty where that is nothing to be shown in a small window. */
async function contentOf(link: HTMLAnchorElement): Promise<Node[]> {
  const { origin, pathname, hash } = link
  if (origin !== location.origin) return []
  const address = origin + pathname
  const place = (pathname === location.pathname ? document : await page(address)).getElementById(
    decodeURIComponent(hash.slice(1)),
  )
  const parts = place && !place.contains(link) ? partsOf(place) : []
  for (const part of parts) {
    for (const element of [part, ...part.querySelectorAll('*')]) element.removeAttribute('id')
    for (const extra of part.querySelectorAll('.anchor, .claim-mark, .note, .note-mark')) extra.remove()
    for (const inner of part.querySelectorAll('a'))
      inner.href = new URL(inner.getAttribute('href') ?? '', address).href
  }
  return parts
}

function partsOf(place: Element): Element[] {
  const copies = (...parts: (Element | null)[]) =>
    parts.flatMap((part) => (part ? [part.cloneNode(true) as Element] : []))
  if (place.matches('tr')) return [facts(place)]
  if (place.matches('figure')) return [...copies(place.querySelector('.finding')), ...picture(place)]
  if (place.matches('.equation')) return copies(place.querySelector('math'))
  if (place.matches('.csl-entry')) return copies(place)
  if (place.matches('.note')) return [paragraph(...place.cloneNode(true).childNodes)]
  if (place.matches('h2, h3'))
    return copies(place, place.nextElementSibling?.matches('p') ? place.nextElementSibling : null)
  return []
}

/** A row of a table with the titles of its columns. */
function facts(row: Element): Element {
  const titles = row.closest('table')?.querySelectorAll('thead th') ?? []
  const list = document.createElement('dl')
  for (const [i, cell] of [...row.children].entries()) {
    if (!cell.textContent?.trim()) continue
    const title = document.createElement('dt')
    title.textContent = titles[i]?.textContent ?? ''
    const value = document.createElement('dd')
    value.append(...cell.cloneNode(true).childNodes)
    list.append(title, value)
  }
  return list
}

/** A figure's picture, as the file that the figure offers. */
function picture(figure: Element): Element[] {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
  const files = [...figure.querySelectorAll('a[href$=".svg"]')]
  const file = files.find((link) => link.getAttribute('href')?.endsWith('-dark.svg') === dark)
  if (!file) return []
  const image = new Image()
  image.src = file.getAttribute('href') ?? ''
  image.alt = figure.querySelector('.picture')?.getAttribute('aria-label') ?? ''
  image.addEventListener('load', position)
  return [image]
}

/** @param tapped whether a finger asks, which has no other way to follow the link */
async function show(link: HTMLAnchorElement, tapped = false): Promise<void> {
  if (shown === link) return
  shown = link
  const parts = await contentOf(link).catch(() => [])
  if (shown !== link) return
  if (parts.length === 0) {
    shown = undefined
    if (tapped) location.assign(link.href)
    return
  }
  box.replaceChildren(...parts, ...(tapped ? [there(link)] : others(link)))
  if (!box.isConnected) document.body.append(box)
  box.showPopover()
  position()
  describe(link)
}

function hide(): void {
  shown = undefined
  if (box.isConnected) box.hidePopover()
}

box.addEventListener('beforetoggle', ({ newState }) => {
  if (newState !== 'closed') return
  describe(undefined)
  shown = undefined
})

/** Tells those who hear the page that the preview is about this link, and no longer about another. */
function describe(link: HTMLAnchorElement | undefined): void {
  for (const other of document.querySelectorAll(`[aria-describedby="${box.id}"]`))
    other.removeAttribute('aria-describedby')
  link?.setAttribute('aria-describedby', box.id)
}

function paragraph(...content: (Node | string)[]): Element {
  const line = document.createElement('p')
  line.append(...content)
  return line
}

function there({ href }: HTMLAnchorElement): Element {
  const link = document.createElement('a')
  Object.assign(link, { href, textContent: 'Go there' })
  return paragraph(link)
}

/** For a keyboard: that there are other links in the block. */
function others(link: HTMLAnchorElement): Element[] {
  const block = group(link)
  if (block.length < 2 || !link.matches(':focus-visible')) return []
  return [paragraph(`${block.indexOf(link) + 1} of ${block.length} here: \u2190 \u2192`)]
}

/** Puts the preview below its link, or above where there is more room. */
function position(): void {
  if (!shown) return
  const lines = [...shown.getClientRects()]
  const [first, last] = [lines[0], lines[lines.length - 1]]
  if (!first) return
  const { width, height } = box.getBoundingClientRect()
  const { clientWidth, clientHeight } = document.documentElement
  const [gap, edge] = [6, 8]
  const below = last.bottom + gap + height <= clientHeight || first.top < clientHeight - last.bottom
  const top = below ? last.bottom + gap : first.top - gap - height
  const left = Math.max(edge, Math.min((below ? last : first).left, clientWidth - width - edge))
  box.style.top = `${scrollY + top}px`
  box.style.left = `${scrollX + left}px`
}

function soon(act: () => void, milliseconds: number): void {
  clearTimeout(timer)
  timer = setTimeout(act, milliseconds)
}

/** The links that share a tab stop with this one. */
function group(link: Element): HTMLAnchorElement[] {
  const block = link.closest(blocks)
  if (!block) return []
  return [...block.querySelectorAll<HTMLAnchorElement>(links)].filter((one) => one.closest(blocks) === block)
}

/** Leaves the first link of each block a tab stop. */
function oneStopEach(): void {
  const seen = new Set<Element>()
  for (const link of document.querySelectorAll<HTMLAnchorElement>(links)) {
    const block = link.closest(blocks)
    if (block && seen.has(block)) link.tabIndex = -1
    else if (block) seen.add(block)
  }
}

function listen(): void {
  document.addEventListener('pointerover', ({ target, pointerType }) => {
    if (pointerType === 'touch') return
    const link = linkOf(target)
    if (link) soon(() => void show(link), rest)
    else if (target instanceof Element && box.contains(target)) clearTimeout(timer)
    else if (shown && !shown.matches(':focus-visible')) soon(hide, away)
    else clearTimeout(timer)
  })
  document.addEventListener('focusin', ({ target }) => {
    const link = linkOf(target)
    if (link?.matches(':focus-visible')) void show(link)
    else if (!(target instanceof Element && box.contains(target))) hide()
  })
  // A tap opens, a second one follows.
  let touched = false
  let open: HTMLAnchorElement | undefined
  document.addEventListener(
    'pointerdown',
    ({ pointerType }) => {
      touched = pointerType === 'touch'
      open = shown
    },
    { capture: true },
  )
  document.addEventListener('click', (event) => {
    const link = linkOf(event.target)
    if (!link || !touched || link === open) return
    event.preventDefault()
    void show(link, true)
  })
  // Only who uses the key has tab stops.
  const onTab = ({ key }: KeyboardEvent) => {
    if (key !== 'Tab') return
    document.removeEventListener('keydown', onTab)
    oneStopEach()
  }
  document.addEventListener('keydown', onTab)
  document.addEventListener('keydown', (event) => {
    touched = false
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const link = linkOf(document.activeElement)
    if (!step || !link || event.altKey || event.ctrlKey || event.metaKey) return
    const block = group(link)
    const next = block[block.indexOf(link) + step]
    if (!next) return
    event.preventDefault()
    link.tabIndex = -1
    next.tabIndex = 0
    next.focus()
  })
}

if ('showPopover' in box) listen()
