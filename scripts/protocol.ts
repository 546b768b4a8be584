/** The protocols, checked before anything runs, with the places at which they say what cannot be so. */

import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'
import type { Protocol } from '../experiments/protocol.ts'
import { type Fault, faultsOf } from '../experiments/protocol-check.ts'

const file = fileURLToPath(new URL('../experiments/protocol.ts', import.meta.url))

/**
 * The protocols, by profile.
 * @throws an Error that names every fault of any of them, with file, line and column; what a profile has from
 *   another is named once
 */
export function checked<P extends { readonly [profile: string]: Protocol }>(profiles: P): P {
  const found = new Map<string, string>()
  for (const [profile, protocol] of Object.entries(profiles))
    for (const fault of faultsOf(protocol)) {
      const said = `${dotted(fault)} ${fault.message}`
      if (found.has(said)) continue
      const { line, column } = placeOf(readFileSync(file, 'utf8'), profile, fault.path)
      found.set(said, `${relative(process.cwd(), file)}:${line}:${column}: ${profile}.${said}.`)
    }
  if (found.size > 0) throw new Error([...found.values()].join('\n'))
  return profiles
}

const dotted = ({ path }: Fault) =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('')

/** A node of the syntax tree, of which only some kinds are looked into. */
interface Node {
  readonly type: string
  readonly start: number
  readonly [field: string]: unknown
}

/** Line and column, from 1, of the deepest part of an exported object that its source shows. */
export function placeOf(
  source: string,
  exported: string,
  path: readonly (string | number)[],
): { line: number; column: number } {
  // The parser's types name every kind of node; few are asked for here.
  const { body } = parseAst(source, { lang: 'ts' }) as unknown as { readonly body: readonly Node[] }
  const constants = constantsOf(body)
  let found = constants.get(exported)
  for (const part of path) {
    const next = found && partOf(found, String(part), constants)
    if (!next) break
    found = next
  }
  const before = source.slice(0, found?.start ?? 0)
  return { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') }
}

type Constants = ReadonlyMap<string, Node>

function constantsOf(body: readonly Node[]): Constants {
  const declared = body
    .map((node) => (node.declaration ?? node) as Node)
    .filter(({ type }) => type === 'VariableDeclaration')
    .flatMap(({ declarations }) => declarations as readonly { id: { name: string }; init: Node }[])
  return new Map(declared.map(({ id, init }) => [id.name, init]))
}

/** What stands in an expression under a name or at a place; undefined where it is computed. */
function partOf(node: Node, part: string, constants: Constants): Node | undefined {
  const within = (inner: unknown, name = part) => (inner ? partOf(inner as Node, name, constants) : undefined)
  switch (node.type) {
    case 'Identifier':
      return within(constants.get(String(node.name)))
    case 'MemberExpression':
      return within(within(node.object, nameOf(node.property)))
    case 'Property':
      return within(node.value)
    case 'TSSatisfiesExpression':
    case 'TSAsExpression':
      return within(node.expression)
    case 'ArrayExpression':
      return (node.elements as readonly Node[])[Number(part)]
    case 'ObjectExpression': {
      const entries = (node.properties as readonly Node[]).toReversed()
      const own = entries.find(({ key }) => key && nameOf(key) === part)
      return own ?? entries.map(({ argument }) => within(argument)).find(Boolean)
    }
    default:
      return undefined
  }
}

const nameOf = (key: unknown) => String((key as Node).name ?? (key as Node).value)
