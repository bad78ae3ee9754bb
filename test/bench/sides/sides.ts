import { bare } from './bare.ts'
import { graphileWorker, pgBoss } from './on-postgres.ts'
import { ours } from './ours.ts'
import type { Side } from './side.ts'

const sides = new Map<string, Side>([ours, bare, pgBoss, graphileWorker].map((side) => [side.name, side]))

/** Throws if there is none with that name. */
export function sideOf(name: string): Side {
  const side = sides.get(name)
  if (!side) throw new RangeError(`there is no side '${name}'`)
  return side
}
