import leven from 'leven'

/**
 * Of `known`, up to `most` names that a person who wrote `given` may have meant, nearest first (Levenshtein
 * distance, ignoring case).
 */
export function nearest(given: string, known: Iterable<string>, most = 3): string[] {
  const bound = Math.max(2, Math.ceil(given.length / 2))
  return [...known]
    .map((name) => ({
      name,
      distance: leven(given.toLowerCase(), name.toLowerCase(), { maxDistance: bound }),
    }))
    .filter(({ distance }) => distance < bound)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ name }) => name)
}

/** Of a name that does not exist: what was given, the nearest names, and, if they are few, all valid ones. */
export function unknown(what: string, given: string, known: Iterable<string>): string {
  const names = [...known]
  const close = nearest(given, names)
  const hint = close.length > 0 ? ` Did you mean ${close.map((name) => `"${name}"`).join(' or ')}?` : ''
  const all = names.length > 0 && names.length <= 12 ? ` Valid: ${names.join(', ')}.` : ''
  return `unknown ${what} "${given}".${hint}${all}`
}
