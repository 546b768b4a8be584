/**
 * What a person sees of a sweep: which members are under way, how many are done, and for how long it still
 * goes on.
 */
import { mean, sum } from 'd3-array'
import { createLogUpdate } from 'log-update'
import type { Member } from './evidence.ts'
import type { Clock, Output } from './progress.ts'
import type { Costs, Standing, SweepObserver } from './sweep.ts'
import { duration } from './words.ts'

const plainInterval = 30_000
const liveInterval = 200

/**
 * Seconds that the members would take one after another; undefined while nothing is known of any group. A
 * group of which no member was made here is taken to cost what the others do on average.
 */
export function estimate(members: readonly Pick<Member, 'group'>[], costs: Costs): number | undefined {
  const known = Object.values(costs)
  if (known.length === 0) return members.length === 0 ? 0 : undefined
  const usual = mean(known, ({ seconds }) => seconds)
  return sum(members, ({ group }) => costs[group]?.seconds ?? usual)
}

/**
 * Tells of a sweep on `output`: in a line that redraws itself in a terminal, with a plain line now and then
 * elsewhere.
 */
export function sweepProgressOn(
  output: Output,
  jobs: number,
  earlier: Costs,
  clock: Clock = () => performance.now(),
): SweepObserver {
  const screen = output.isTTY ? createLogUpdate(output as NodeJS.WriteStream) : undefined
  const costs: { [group: string]: { count: number; seconds: number; bytes: number } } = { ...earlier }
  const running = new Map<Member, { at: number; stage: string }>()
  let missing: Member[] = []
  let [total, done] = [0, 0]
  let saidAt = clock()

  const say = (line: string) => {
    if (screen) screen.persist(line)
    else output.write(`${line}\n`)
  }
  const overall = () => {
    const whole = estimate(missing, costs)
    const spent = [...running.values()].reduce((sum, { at }) => sum + (clock() - at) / 1000, 0)
    const left = whole === undefined ? '' : `, about ${duration(Math.max(0, whole - spent) / jobs)} left`
    return `${done} of ${total} members${left}`
  }
  const draw = () => {
    saidAt = clock()
    const lines = [...running].map(([{ id }, { stage }]) => `running  ${id}: ${stage}`)
    const width = (output.columns ?? 80) - 1
    if (screen) screen([...lines, overall()].map((line) => line.slice(0, width)).join('\n'))
    else say(`${lines.join('; ')}; ${overall()}`)
  }
  const drawIfDue = () => {
    if (clock() - saidAt >= (screen ? liveInterval : plainInterval)) draw()
  }
  return {
    planned(standings: readonly Standing[]) {
      missing = standings.filter(({ state }) => state === 'missing').map(({ member }) => member)
      total = standings.length
      done = total - missing.length
      say(missing.length === 0 ? `Nothing to compute: all ${total} members are recorded.` : overall())
    },
    started(member) {
      const following = { at: clock(), stage: 'starting' }
      running.set(member, following)
      return {
        started() {},
        stage(name, event) {
          if (event.type === 'running') following.stage = name
          else if (event.type === 'warning') say(`warning  ${member.id}, ${name}: ${event.text}`)
          else if (event.type === 'progress')
            following.stage = `${name} ${event.done}/${event.total} ${event.unit}`
          drawIfDue()
        },
        ended() {},
        stopped() {},
      }
    },
    made(member, seconds) {
      running.delete(member)
      missing = missing.filter((other) => other !== member)
      done++
      const { count, seconds: before } = costs[member.group] ?? { count: 0, seconds: 0 }
      const mean = (before * count + seconds) / (count + 1)
      costs[member.group] = { count: count + 1, seconds: mean, bytes: 0 }
      say(`made     ${member.id} in ${duration(seconds)}; ${overall()}`)
    },
    failed(member, reason) {
      running.delete(member)
      missing = missing.filter((other) => other !== member)
      say(`failed   ${member.id}: ${reason}`)
    },
    stopped() {
      screen?.clear()
      screen?.done()
    },
  }
}
