// @vitest-environment node
import { beforeAll, describe, expect, test } from 'vitest'
import type { CheckpointAgreement } from '../../../experiments/definitions/agreement.ts'
import type { TrainingHistory } from '../../../experiments/definitions/training.ts'
import { study } from '../../../experiments/study.ts'
import { type Results, upstream } from '../../../pipeline/memory.ts'
import { type Statistics, statisticForms, statisticsOf } from '../../../src/data/statistics/index.ts'
import { run, tiny } from '../../experiments/harness.ts'

let results: Results
let statistics: Statistics
beforeAll(async () => {
  results = await run(tiny, 'wasm')
  statistics = await statisticsOf({ stage: (name) => upstream(results[name]) }, tiny)
})

describe('the statistics that pages may quote', () => {
  test('have the names that the protocol foretells, each once, and are shown as it says', () => {
    const forms = statisticForms(tiny)
    expect(Object.keys(statistics).sort()).toEqual([...forms.keys()].sort())
    for (const [name, { value, interval }] of Object.entries(statistics)) {
      const kind = forms.get(name)?.kind
      if (value !== null) expect(typeof value, name).toBe(kind === 'verdict' ? 'boolean' : 'number')
      if (interval) expect(kind, name).toBe('estimate')
    }
  })

  test('are finite numbers or verdicts, each from stages of the study', () => {
    const stages = study(tiny).map(({ name }) => name)
    for (const [name, { value, from, interval }] of Object.entries(statistics)) {
      if (typeof value === 'number') expect(Number.isFinite(value), name).toBe(true)
      expect(stages, name).toEqual(expect.arrayContaining([...from]))
      if (interval) expect(interval[0], name).toBeLessThanOrEqual(interval[1])
    }
  })

  test('list every stage that was read for them, and no other', () => {
    const from = (name: keyof Statistics) => [...statistics[name].from].sort()
    expect(from('study.clipNorm')).toEqual([])
    expect(from('none.learningRate')).toEqual([])
    expect(from('study.trainExamples')).toEqual(['dataset'])
    expect(from('constant50.opposed')).toEqual(['dataset'])
    expect(from('none.accurate')).toEqual(['training none'])
    expect(from('none.epoch2.layer1.unitX')).toEqual(['landscapes none 2'])
    expect(from('none.epoch2.layer1.line')).toEqual(['agreement none 2'])
    expect(from('none.last.layer1.vote')).toEqual(['agreement none 2', 'landscapes none 2'])
    expect(from('dropout.epoch2.layer1.fresh.length')).toEqual(['fresh dropout 2'])
    expect(from('walk.none.spread')).toEqual(['walk none'])
  })

  test('are what the stages measured, at the first and last checkpoint under that name too', () => {
    const json = <T>(stage: string, file: string) => results[stage][file] as T
    const history = json<TrainingHistory>('training none', 'history.json')
    expect(statistics['none.epoch2.mae'].value).toBe(history.epochs[2].testMae)
    expect(statistics['none.start.mae'].value).toBe(history.epochs[0].testMae)
    const { groups } = json<CheckpointAgreement>('agreement none 2', 'agreement.json')
    expect(statistics['none.epoch2.layer1.cosine'].value).toBe(groups.pair1.meanCosine)
    expect(statistics['none.last.layer2.opposed'].value).toBe(groups.pair2.opposed)
    expect(statistics['none.last.layer2.opposed'].interval ?? null).toEqual(groups.pair2.opposedInterval)
    expect(statistics['none.epoch2.layer1.first.zero'].value).toBe(groups.first1.zero)
    expect(statistics['study.inputs'].value).toBe(525)
  })
})
