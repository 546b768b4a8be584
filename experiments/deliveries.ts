import type { Protocol } from './protocol.ts'
import { type Stream, stream } from './random.ts'
import { streams } from './streams.ts'

/** One delivery record, field name -> the text in which it stands in the record. */
export interface Delivery {
  readonly fields: { readonly [name: string]: string }
  /** Total Deliverers: the one field that decides the target. */
  readonly deliverers: number
}

/**
 * Synthetic delivery records: the original data is not public. Ranges and correlations are
 * `protocol.deliveries.ranges`; Total Deliverers, d, is log-normal, the busy ones and the orders follow it,
 * everything else is independent of it.
 */
export function deliveries(protocol: Pick<Protocol, 'seed' | 'deliveries'>): Delivery[] {
  const from = stream(protocol.seed, ...streams.deliveries())
  return Array.from({ length: protocol.deliveries.count }, () => delivery(protocol.deliveries.ranges, from))
}

function delivery(ranges: Protocol['deliveries']['ranges'], from: Stream): Delivery {
  const { deliverers: d, busyFraction, cost } = ranges
  const deliverers = clip(Math.round(Math.exp(from.normal(d.logMean, d.logDeviation))), 0, d.most)
  const busy = Math.round(deliverers * clip(from.normal(busyFraction.mean, busyFraction.deviation), 0, 1))
  const orders = Math.round(busy * (1 + ranges.orderSpread * Math.abs(from.normal(0, 1))))
  const dayOfYear = from.integer(0, 364)
  const secondOfDay = from.integer(0, 86_399)
  return {
    deliverers,
    fields: {
      'Store Number': String(from.integer(...ranges.store)),
      Market: String(from.integer(...ranges.market)),
      'Order Made': timestamp(ranges.year, dayOfYear, secondOfDay),
      Cost: String(Math.max(cost.least, Math.round(Math.exp(from.normal(cost.logMean, cost.logDeviation))))),
      'Total Deliverers': String(deliverers),
      'Busy Deliverers': String(busy),
      'Total Orders': String(orders),
      'Estimated Transit Time': String(from.integer(...ranges.transit)),
      'Linear Estimation': String(from.integer(...ranges.estimate)),
    },
  }
}

/** Such as `2015-02-06 22:24:17`. */
function timestamp(year: number, dayOfYear: number, secondOfDay: number): string {
  const moment = new Date(Date.UTC(year, 0, 1) + (dayOfYear * 86_400 + secondOfDay) * 1000)
  return moment.toISOString().slice(0, 19).replace('T', ' ')
}

const clip = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value))
