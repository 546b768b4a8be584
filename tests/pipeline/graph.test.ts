import { describe, expect, test } from 'vitest'
import { criticalPaths, longestChain, mermaid, needed, ordered } from '../../pipeline/graph.ts'
import type { Stage } from '../../pipeline/stage.ts'

function stage(name: string, ...upstream: string[]): Stage {
  const inputs = Object.fromEntries(upstream.map((each) => [each, each]))
  return { name, module: `${name}.ts`, parameters: null, inputs, usesEngine: false }
}

const names = (stages: readonly Stage[]) => stages.map(({ name }) => name)
const study = [
  stage('article', 'landscape', 'training'),
  stage('landscape', 'training'),
  stage('training', 'dataset'),
  stage('dataset'),
]

describe('the graph of stages', () => {
  test('is put in an order in which each stage comes after those it needs', () => {
    expect(names(ordered(study))).toEqual(['dataset', 'training', 'landscape', 'article'])
  })

  test('has for each stage those that it needs', () => {
    expect(names(needed(ordered(study), ['landscape']))).toEqual(['dataset', 'training', 'landscape'])
  })

  test('has critical paths: the time from a stage’s start to the end of all that waits for it', () => {
    const seconds: Record<string, number> = { dataset: 1, training: 100, landscape: 10, article: 2 }
    expect(Object.fromEntries(criticalPaths(ordered(study), ({ name }) => seconds[name]))).toEqual({
      article: 2,
      landscape: 12,
      training: 112,
      dataset: 113,
    })
  })

  test('has a chain that takes longest, whatever stands beside it', () => {
    const wide = ordered([...study, stage('film', 'dataset'), stage('walk', 'film')])
    const seconds: Record<string, number> = {
      dataset: 1,
      training: 4,
      landscape: 3,
      film: 6,
      walk: 1,
      article: 2,
    }
    const chain = () => names(longestChain(wide, ({ name }) => seconds[name]))
    expect(chain()).toEqual(['dataset', 'training', 'landscape', 'article'])
    seconds.walk = 4
    expect(chain()).toEqual(['dataset', 'film', 'walk'])
    expect(longestChain<Stage>([], () => 1)).toEqual([])
  })

  test('is drawn in Mermaid’s notation', () => {
    expect(mermaid([stage('data'), stage('say "x"', 'data')])).toBe(
      'flowchart LR\n  s0["data"]\n  s1["say #quot;x#quot;"]\n  s0 --> s1',
    )
  })

  test.each([
    ['two stages have one name', [stage('a'), stage('a')], 'Two stages are named "a".'],
    [
      'an input names no stage',
      [stage('dataset'), stage('b', 'datasett')],
      'Input "datasett" of stage "b": unknown stage "datasett". Did you mean "dataset"? Valid: dataset, b.',
    ],
    [
      'stages wait for each other',
      [stage('a', 'c'), stage('b', 'a'), stage('c', 'b')],
      'Stages wait for each other: a <- c <- b <- a.',
    ],
    [
      'parameters are not JSON',
      [{ ...stage('a'), parameters: { rate: Number.NaN } }],
      'The parameters of stage "a" are not JSON: NaN is not allowed.',
    ],
  ])('is refused when %s', (_, stages, message) => {
    expect(() => ordered(stages)).toThrow(message)
  })

  test('names the nearest stage when one is asked for that does not exist', () => {
    expect(() => needed(ordered(study), ['landscpe'])).toThrow(
      'unknown stage "landscpe". Did you mean "landscape"?',
    )
  })
})
