/** Ways in which the protocol can be wrong: a grammar of edits of one of its lines. */
import { type Fault, lineAt } from './prose.ts'
import type { Chance } from './suite.ts'

type Line = readonly [what: string, pattern: RegExp, written: readonly string[]]

/** What is found in the protocol of the paper profile, and what cannot stand there. */
const grammar: readonly Line[] = [
  ['the seed', /^ {2}seed: .*,/m, ['seed: 1.5,', 'seed: -1,', "seed: 'one',", 'seed: null,']],
  ['a misspelt field', /^ {2}targetFactor: .*,/m, ['targetFacter: 10,', 'TargetFactor: 10,']],
  ['the count', /^ {4}count: .*,/m, ['count: 0,', 'count: 10.5,', 'count: -3,', 'count: [],']],
  [
    'the fraction',
    /^ {4}trainFraction: .*,/m,
    ['trainFraction: 1,', 'trainFraction: 0,', 'trainFraction: 80,'],
  ],
  ['a range', /^ {6}store: .*,/m, ['store: [9, 1],', 'store: [1],', 'store: 7,']],
  ['the padding', /^ {4}padding: .*,/m, ["padding: '#',", "padding: '__',", 'padding: 0,']],
  [
    'the layers',
    /^ {2}hidden: \[5600.*,/m,
    ['hidden: [],', 'hidden: [5600, 100],', 'hidden: [5600, 100.5, 20],'],
  ],
  [
    'the batch size',
    /^ {4}batchSize: .*,\n {4}clip/m,
    ['batchSize: 64.5,\n    clip', 'batchSize: 0,\n    clip'],
  ],
  ['the bound', /^ {4}clipNorm: .*,/m, ['clipNorm: -1,', 'clipNorm: 0 / 0,', "clipNorm: '0.3',"]],
  ['Adam', /^ {4}adam: .*,/m, ['adam: { beta1: 1.5, beta2: 0.9, epsilon: 1e-8 },', 'adam: { beta1: 0.9 },']],
  ['the filmed', /^ {4}filmed: .*,/m, ['filmed: 2001,', 'filmed: -1,', 'filmed: 1.5,']],
  [
    'the minibatches',
    /^ {4}minibatches: 50,/m,
    ['minibatches: 1,', 'minibatches: 126,', 'minibatches: 2.5,'],
  ],
  ['a grid', /^ {4}grid: .*,/m, ['grid: { x: { steps: 0, step: 0.02 }, y: { steps: 10, step: 0.01 } },']],
  ['the sizes', /^ {2}agreement: .*,/m, ['agreement: { batchSizes: [4, 1], pairs: 200, bootstrap: 1000 },']],
  ['the grades', /^ {2}grades: .*,/m, ['grades: { opposite: 100, unrelated: 15 },', "grades: 'strict',"]],
  ['the pairs', /^ {2}agreement: .*,/m, ['agreement: { batchSizes: [1, 64], pairs: 0, bootstrap: 1000 },']],
  [
    'the walks',
    /^ {2}walks: \{ cond.*,/m,
    ["walks: { conditions: ['nobody'], from: 50, epochs: 1, orders: 5 },"],
  ],
  [
    'checkpoints',
    /checkpoints: \[0, 10, 50\]/,
    ['checkpoints: [2, 0]', 'checkpoints: [0, 99]', 'checkpoints: 0', 'checkpoints: [0, 1.5]'],
  ],
  ['dropout', /dropout: 0\.3/, ['dropout: 1', 'dropout: -0.1', "dropout: 'much'"]],
  ['a place', /batchNorm: 'before ReLU' \},/, ["batchNorm: 'sideways' },", 'batchNorm: true },']],
  ['a misspelt condition', /weightDecay: 1e-4/, ['wieghtDecay: 1e-4', 'weightDecay: -1', 'epoch: 5']],
  ['a number of a condition', /weightDecay: 1e-4/, ['weightDecay: 1e-4, learningRate: -1', 'epochs: 0']],
  ["a condition's name", /'weight-decay': /, ["'a/b': ", "'a b': ", "'': ", '__proto__: ']],
]

/** Where a pattern is found in the conditions and the published protocol, which follow their types. */
function placeOf(source: string, pattern: RegExp): number | undefined {
  const begin = source.indexOf('const conditions = {')
  const at = source.slice(begin).search(pattern)
  return at < 0 ? undefined : begin + at
}

/** What the grammar would edit and does not find in a protocol any more. */
export const withoutPlace = (source: string): string[] =>
  grammar.flatMap(([kind, pattern]) => (placeOf(source, pattern) === undefined ? [kind] : []))

/** One edit. */
export async function protocolFault(chance: Chance, read: (file: string) => Promise<string>): Promise<Fault> {
  const file = 'experiments/protocol.ts'
  const [kind, pattern, written] = chance.pick(grammar)
  const source = await read(file)
  const at = placeOf(source, pattern)
  if (at === undefined) throw new Error(`The protocol has no place for ${kind} any more.`)
  const edited = source.slice(at).replace(pattern, () => chance.pick(written))
  const line = lineAt(source, at + (source.slice(at).match(/^ */)?.[0].length ?? 0))
  return { kind, file, text: source.slice(0, at) + edited, line, reason: /./ }
}
