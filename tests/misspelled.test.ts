/**
 * What is mistyped is told before anything runs: in TypeScript by the compiler, which fails where one of the
 * lines below "@ts-expect-error" is none; in a page by the check of the prose.
 */
import { expect, test } from 'vitest'
import type { Group } from '../experiments/claims/claim.ts'
import { open, type Source } from '../experiments/definition.ts'
import { landscapes } from '../experiments/definitions/landscapes.ts'
import { training } from '../experiments/definitions/training.ts'
import type { NetworkMeasures } from '../experiments/measured.ts'
import { type ConditionName, paper } from '../experiments/protocol.ts'
import { maskNames, streams } from '../experiments/streams.ts'
import type { Statistics } from '../src/data/statistics/index.ts'
import type { KindEntry } from '../src/figures/index.ts'
import { pageProblems } from '../src/markdown/page.ts'
import { vocabulary } from '../src/markdown/vocabulary.ts'
import { head, surroundings } from './src/markdown/prose.ts'

type Inputs = Parameters<Parameters<typeof landscapes.implement>[0]>[1]

export async function mistyped(
  run: Source,
  inputs: Inputs,
  network: NetworkMeasures,
  statistics: Statistics,
): Promise<unknown[]> {
  const trained = open(run, training.at('none'))
  const { actual } = await trained.film()
  const { layers } = await open(run, landscapes.at('none', 10)).summary()
  // @ts-expect-error A condition
  const condition: ConditionName = 'nnoe'
  // @ts-expect-error A group of a sweep
  const group: Group = { sweep: 'conditions', group: 'dropuot' }
  // @ts-expect-error A sweep
  const sweep: Group = { sweep: 'condition', group: 'dropout' }
  // @ts-expect-error What a figure needs
  const kind: Pick<KindEntry, 'needs'> = { needs: ['condtion'] }
  return [
    condition,
    group,
    sweep,
    kind,
    // @ts-expect-error A stage that a stage reads
    inputs.activatons,
    // @ts-expect-error A file
    trained.histroy(),
    // @ts-expect-error A variant, which tells files apart
    open(run, landscapes.at('none', 10)).landscape('biass'),
    // @ts-expect-error A tensor
    (await trained.film()).predictd,
    // @ts-expect-error A field of a tensor
    actual.dta,
    // @ts-expect-error A field of a JSON file
    layers.layer1.unit,
    // @ts-expect-error A random stream
    streams.shufle(1),
    // @ts-expect-error What masks are drawn for
    maskNames.prob(0),
    // @ts-expect-error A measure
    network.epochs[0].overshot,
    // @ts-expect-error A threshold
    paper.claims.agre,
    // @ts-expect-error A condition of the protocol
    paper.conditions.nnoe,
    // @ts-expect-error A statistic
    statistics['none.epoch10.layer1.cosin'],
    // @ts-expect-error A statistic's subject
    statistics['study.minibaches'],
  ]
}

test.each([
  ['a statistic', '<Stat name="none.epoch10.layer1.cosin" />', 'none.epoch10.layer1.cosine'],
  ['a verdict', '<Verdict name="none.acurate" yes="so" no="not" />', 'none.accurate'],
  ['a claim', '<Claim id="none.lerns" says="holds">It learns</Claim>', 'none.learns'],
  ['a median', '<Median claim="none.lerns" />', 'none.learns'],
  ['a component', '<Stt name="study.seed" />', 'Stat'],
  ['a citation', '[@kigma2014]', 'kingma2014'],
])('a page is told of %s that is mistyped', (_, text, right) => {
  const reasons = pageProblems('page', `${head}A word: ${text}.`, {
    ...surroundings,
    vocabulary: vocabulary(paper),
  }).map(({ reason }) => reason)
  expect(reasons.join()).toContain(`"${right}"`)
})

test.each([
  ['a kind of figure', 'kind="traning" condition="none"', 'training'],
  ['a condition', 'kind="training" condition="dropot"', 'dropout'],
  ['a variant', 'kind="minibatches" condition="none" epoch={10} variant="biass"', 'bias'],
])('a figure is told of %s that is mistyped', (_, attributes, right) => {
  const text = `<Figure id="fig-one" title="T" says="nothing" ${attributes}>\nWords.\n</Figure>`
  const reasons = pageProblems('page', head + text, {
    ...surroundings,
    vocabulary: vocabulary(paper),
  }).map(({ reason }) => reason)
  expect(reasons.join()).toContain(`"${right}"`)
})
