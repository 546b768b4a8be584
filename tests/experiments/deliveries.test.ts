import { describe, expect, test } from 'vitest'
import { deliveries } from '../../experiments/deliveries.ts'
import { paper } from '../../experiments/protocol.ts'

const { ranges } = paper.deliveries
const records = deliveries(paper)
const numbers = (field: string) => records.map(({ fields }) => Number(fields[field]))
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]

function correlation(a: readonly number[], b: readonly number[]) {
  const [meanA, meanB] = [mean(a), mean(b)]
  const covariance = (p: readonly number[], meanP: number, q: readonly number[], meanQ: number) =>
    mean(p.map((value, i) => (value - meanP) * (q[i] - meanQ)))
  return (
    covariance(a, meanA, b, meanB) /
    Math.sqrt(covariance(a, meanA, a, meanA) * covariance(b, meanB, b, meanB))
  )
}

describe('the delivery records', () => {
  test('are as many as the protocol says, each with the fields that the encoding reads', () => {
    expect(records).toHaveLength(10_000)
    const names = paper.encoding.fields.map(({ name }) => name).sort()
    for (const { fields } of records) expect(Object.keys(fields).sort()).toEqual(names)
  })

  test('are the same for the same seed, others for another, and the first ones do not depend on their number', () => {
    const few = (seed: number) => deliveries({ seed, deliveries: { ...paper.deliveries, count: 20 } })
    expect(few(paper.seed)).toEqual(records.slice(0, 20))
    expect(few(paper.seed + 1)).not.toEqual(records.slice(0, 20))
  })

  test('hold whole numbers, within the ranges of the protocol', () => {
    const within = (field: string, [least, most]: readonly [number, number]) => {
      const values = numbers(field)
      expect(values.every((value) => Number.isInteger(value) && value >= least && value <= most)).toBe(true)
    }
    within('Store Number', ranges.store)
    within('Market', ranges.market)
    within('Estimated Transit Time', ranges.transit)
    within('Linear Estimation', ranges.estimate)
    within('Cost', [ranges.cost.least, Number.POSITIVE_INFINITY])
    within('Total Deliverers', [0, ranges.deliverers.most])
    expect(new Set(numbers('Market'))).toEqual(new Set([1, 2, 3, 4, 5, 6]))
  })

  test('are stamped with a moment of the year of the protocol', () => {
    for (const { fields } of records) {
      expect(fields['Order Made']).toMatch(/^2015-\d\d-\d\d \d\d:\d\d:\d\d$/)
      const moment = new Date(`${fields['Order Made'].replace(' ', 'T')}Z`)
      expect(moment.toISOString().slice(0, 19).replace('T', ' ')).toBe(fields['Order Made'])
    }
    expect(new Set(records.map(({ fields }) => fields['Order Made'].slice(0, 10))).size).toBe(365)
  })

  test('say the number of deliverers in the field Total Deliverers, at most three characters of it', () => {
    for (const { deliverers, fields } of records) expect(fields['Total Deliverers']).toBe(String(deliverers))
    expect(Math.max(...numbers('Total Deliverers'))).toBeLessThan(1000)
  })

  test('have log-normal deliverers, whose median is the exponential of the log-mean', () => {
    const { logMean, logDeviation } = ranges.deliverers
    const values = numbers('Total Deliverers')
    // The standard error of the median of a normal sample is 1.2533 deviations over sqrt(count); rounding
    // adds half a deliverer.
    const error = Math.exp(logMean) * logDeviation * (1.2533 / Math.sqrt(values.length))
    expect(Math.abs(median(values) - Math.exp(logMean))).toBeLessThan(4 * error + 0.5)
    // Between the quartiles of the log-normal distribution lie half of the records.
    const quartile = 0.67449 * logDeviation
    const [low, high] = [Math.exp(logMean - quartile), Math.exp(logMean + quartile)]
    const share = values.filter((value) => value > low && value < high).length / values.length
    expect(Math.abs(share - 0.5)).toBeLessThan(0.03)
  })

  test('have no more busy deliverers than deliverers, and at least one order for each busy one', () => {
    for (const { deliverers, fields } of records) {
      const [busy, orders] = [Number(fields['Busy Deliverers']), Number(fields['Total Orders'])]
      expect(busy).toBeGreaterThanOrEqual(0)
      expect(busy).toBeLessThanOrEqual(deliverers)
      expect(orders).toBeGreaterThanOrEqual(busy)
    }
  })

  test('have busy deliverers and orders that follow the deliverers, and all else independent of them', () => {
    const deliverers = numbers('Total Deliverers')
    expect(correlation(deliverers, numbers('Busy Deliverers'))).toBeGreaterThan(0.9)
    expect(correlation(deliverers, numbers('Total Orders'))).toBeGreaterThan(0.8)
    for (const field of ['Store Number', 'Market', 'Cost', 'Estimated Transit Time', 'Linear Estimation'])
      expect(Math.abs(correlation(deliverers, numbers(field)))).toBeLessThan(4.5 / Math.sqrt(records.length))
  })
})
