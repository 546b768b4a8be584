import { canonicalJson } from './fingerprint.ts'
import { unknown } from './nearest.ts'
import { label } from './record.ts'
import type { Stage } from './stage.ts'

/**
 * The stages in an order in which each comes after those it needs.
 * @throws naming the stage, when a name is used twice, an input names no stage, stages wait for each other in
 *   a circle, or parameters are not JSON
 */
export function ordered(stages: readonly Stage[]): Stage[] {
  const byName = new Map<string, Stage>()
  for (const stage of stages) {
    if (byName.has(stage.name)) throw new Error(`Two stages are named "${stage.name}".`)
    byName.set(stage.name, stage)
    if (!label.safeParse(stage.name).success)
      throw new Error(`The name of a stage has no control characters; ${JSON.stringify(stage.name)} has.`)
    try {
      canonicalJson(stage.parameters)
    } catch (error) {
      throw new Error(`The parameters of stage "${stage.name}" are not JSON: ${(error as Error).message}.`)
    }
  }
  const order = new Set<Stage>()
  const visit = (stage: Stage, path: readonly string[]) => {
    if (path.includes(stage.name)) {
      throw new Error(
        `Stages wait for each other: ${[...path.slice(path.indexOf(stage.name)), stage.name].join(' <- ')}.`,
      )
    }
    for (const [input, name] of Object.entries(stage.inputs)) {
      const upstream = byName.get(name)
      if (!upstream)
        throw new Error(`Input "${input}" of stage "${stage.name}": ${unknown('stage', name, byName.keys())}`)
      if (!order.has(upstream)) visit(upstream, [...path, stage.name])
    }
    order.add(stage)
  }
  for (const stage of stages) visit(stage, [])
  return [...order]
}

/** The named stages and all they need, in order. @throws on an unknown name */
export function needed(order: readonly Stage[], names: readonly string[]): Stage[] {
  const wanted = new Set(names.map((name) => find(order, name).name))
  for (const stage of [...order].reverse()) {
    if (wanted.has(stage.name)) for (const name of Object.values(stage.inputs)) wanted.add(name)
  }
  return order.filter(({ name }) => wanted.has(name))
}

/** The stage of this name. @throws naming the nearest when there is none */
export function find(stages: readonly Stage[], name: string): Stage {
  const stage = stages.find((candidate) => candidate.name === name)
  if (!stage)
    throw new Error(
      unknown(
        'stage',
        name,
        stages.map((candidate) => candidate.name),
      ),
    )
  return stage
}

/** What of a stage, or of its record, makes it a node of the graph. */
type Node = Pick<Stage, 'name' | 'inputs'>

/**
 * For each stage the seconds from its start to the end of the longest chain that waits for it: the longest
 * should start first.
 */
export function criticalPaths<S extends Node>(
  order: readonly S[],
  seconds: (stage: S) => number,
): Map<string, number> {
  const paths = new Map<string, number>()
  const after = new Map<string, number>()
  for (const stage of [...order].reverse()) {
    const path = seconds(stage) + (after.get(stage.name) ?? 0)
    paths.set(stage.name, path)
    for (const input of Object.values(stage.inputs)) after.set(input, Math.max(path, after.get(input) ?? 0))
  }
  return paths
}

/** The chain of stages that takes longest, one after the other: no number of processes is faster. */
export function longestChain<S extends Node>(order: readonly S[], seconds: (stage: S) => number): S[] {
  const paths = criticalPaths(order, seconds)
  const longest = (stages: readonly S[]) =>
    stages.reduce<S | undefined>(
      (best, stage) => (best && paths.get(best.name)! >= paths.get(stage.name)! ? best : stage),
      undefined,
    )
  const chain: S[] = []
  for (let next = longest(order); next; ) {
    chain.push(next)
    const { name } = next
    next = longest(order.filter(({ inputs }) => Object.values(inputs).includes(name)))
  }
  return chain
}

/** The graph in Mermaid's notation, which many Markdown viewers draw. */
export function mermaid(order: readonly Stage[]): string {
  const id = new Map(order.map(({ name }, index) => [name, `s${index}`]))
  return [
    'flowchart LR',
    ...order.map(({ name }) => `  ${id.get(name)}["${name.replaceAll('"', '#quot;')}"]`),
    ...order.flatMap(({ name, inputs }) =>
      Object.values(inputs).map((input) => `  ${id.get(input)} --> ${id.get(name)}`),
    ),
  ].join('\n')
}
