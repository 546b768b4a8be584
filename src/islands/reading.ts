/** Aids to reading: headings that can be linked to; contents that follow the reader, folded on a phone. */

const headings = [...document.querySelectorAll<HTMLElement>('main :is(h2, h3)[id]')]
for (const heading of headings) {
  const link = document.createElement('a')
  link.className = 'anchor'
  link.href = `#${heading.id}`
  link.setAttribute('aria-label', `Link to \u201c${heading.textContent}\u201d`)
  heading.append(link)
}

/** The headings that the contents list, each with its entry. */
const entries = headings.flatMap((heading) => {
  const entry = document.querySelector(`.contents a[href="#${CSS.escape(heading.id)}"]`)
  return entry ? [{ heading, entry }] : []
})

/**
 * Marks the entry of the section that is being read: the last one whose heading has passed the upper third.
 */
function follow(): void {
  const passed = entries.filter(({ heading }) => heading.getBoundingClientRect().top < innerHeight / 3)
  const current = passed.at(-1)
  for (const { entry } of entries) entry.toggleAttribute('aria-current', entry === current?.entry)
}

if (entries.length > 0) {
  // At the headings only: between them the section does not change.
  // A heading above the window counts as near, so that one that is jumped over is told of too.
  const near = new IntersectionObserver(follow, { rootMargin: '1000000px 0px -66% 0px' })
  for (const { heading } of entries) near.observe(heading)
}

// Open where the style sheet shows them whatever they are, so that they are told of as open.
const contents = document.querySelector<HTMLDetailsElement>('.contents details')
const beside = matchMedia('(min-width: 66rem)')
const unfold = () => {
  if (contents) contents.open = beside.matches
}
unfold()
beside.addEventListener('change', unfold)
