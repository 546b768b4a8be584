/**
 * `npm run names -- cosine`: the statistics, claims and kinds of figure that a page may quote, with their
 * values.
 */
import { Command } from 'commander'
import { claims } from '../experiments/claims/index.ts'
import { main } from '../pipeline/command.ts'
import { openResults } from '../src/data/results.ts'
import { vocabulary } from '../src/markdown/vocabulary.ts'
import { plainNumber } from '../src/number.ts'

const command = new Command('names')
  .description('Lists the names that a page may quote from the last run, with their values.')
  .argument('[words...]', 'only names that have all of these in them')
  .option('--cache <folder>', 'where results are (default: .cache; environment: EXPERIMENTS_CACHE)')
  .showHelpAfterError('`npm run names -- --help` says more.')
  .action(async (words: string[], { cache }: { cache?: string }) => {
    if (cache) process.env.EXPERIMENTS_CACHE = cache
    const results = await openResults()
    const { figures } = vocabulary(results.protocol)
    const asked = (name: string) => words.every((word) => name.toLowerCase().includes(word.toLowerCase()))

    const statistics = Object.entries(await results.stats()).filter(([name]) => asked(name))
    const told = statistics.map(([name, { value, interval, ...style }]): [string, string] => {
      if (typeof value === 'boolean') return [name, `verdict: ${value ? 'yes' : 'no'}`]
      if (value === null) return [name, 'undefined in this run']
      const unit = style.unit ? ` ${style.unit}` : ''
      const range = interval?.map((bound) => plainNumber(bound, style)).join(' to ')
      return [name, `${plainNumber(value, style)}${unit}${range ? ` (interval: ${range})` : ''}`]
    })
    show(
      'Statistics: <Stat name="..." />, with `interval` where one is given; a verdict: <Verdict name="..." />',
      told,
    )
    show(
      'Figures: <Figure kind="..." />',
      Object.entries(figures)
        .filter(([kind]) => asked(kind))
        .map(([kind, { needs, conditions }]) => [
          kind,
          [...needs, needs.includes('condition') ? `(of ${conditions.join(', ')})` : ''].join(' '),
        ]),
    )
    show(
      'Claims',
      claims.filter(({ id }) => asked(id)).map(({ id, statement }) => [id, statement]),
    )
  })

/** A table under a heading; nothing if it is empty. */
function show(heading: string, rows: readonly (readonly [name: string, what: string])[]): void {
  if (rows.length === 0) return
  const width = Math.max(...rows.map(([name]) => name.length))
  console.log(
    `${heading}\n${rows.map(([name, what]) => `  ${name.padEnd(width)}  ${what}`.trimEnd()).join('\n')}\n`,
  )
}

await main(command)
