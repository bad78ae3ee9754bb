/** A CPU profile as V8 writes it; only the parts that are read here. */
export type CpuProfile = {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[]
  samples: number[]
  /** µs */
  timeDeltas: number[]
}
type CallFrame = { functionName: string; url: string; lineNumber: number }

/** Self time of one function or module, and its share of the time in which the process was busy. */
export type SelfTime = { name: string; ms: number; share: number }

/** All time that is not idle, by module (a package, or a file of ours) and by function, the largest first. */
export type ProfileSummary = { busyMs: number; idleMs: number; modules: SelfTime[]; functions: SelfTime[] }

/** Native code that V8 shows without a place is counted for its caller. */
export function summarizeProfile({ nodes, samples, timeDeltas }: CpuProfile): ProfileSummary {
  const placed = placeNodes(nodes)
  const byModule = new Map<string, number>()
  const byFunction = new Map<string, number>()
  let [idleMs, busyMs] = [0, 0]
  for (const [index, id] of samples.entries()) {
    const place = placed.get(id)
    const ms = (timeDeltas[index] ?? 0) / 1000
    if (!place) continue
    if (place.name === '(idle)') {
      idleMs += ms
      continue
    }
    busyMs += ms
    byModule.set(place.module, (byModule.get(place.module) ?? 0) + ms)
    byFunction.set(place.name, (byFunction.get(place.name) ?? 0) + ms)
  }
  const ranked = (times: Map<string, number>) =>
    [...times].map(([name, ms]) => ({ name, ms, share: ms / busyMs })).toSorted((a, b) => b.ms - a.ms)
  return { busyMs, idleMs, modules: ranked(byModule), functions: ranked(byFunction) }
}

type Place = { module: string; name: string }

function placeNodes(nodes: CpuProfile['nodes']): Map<number, Place> {
  const placed = new Map<number, Place>()
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const place = (id: number): Place => {
    const known = placed.get(id)
    if (known) return known
    const { functionName, url, lineNumber } = byId.get(id)?.callFrame ?? { functionName: '', url: '', lineNumber: 0 }
    const parent = parents.get(id)
    const caller = url === '' && !functionName.startsWith('(') && parent !== undefined ? place(parent) : undefined
    const file = fileOf(url)
    const own = functionName || '(anonymous)'
    const found = caller
      ? { module: caller.module, name: `${own} < ${caller.name}` }
      : { module: moduleOf(file) || own, name: file ? `${own} ${file}:${lineNumber + 1}` : own }
    placed.set(id, found)
    return found
  }
  for (const { id } of nodes) place(id)
  return placed
}

/** From the package's or the workspace's name on. */
function fileOf(url: string): string {
  return (
    /node_modules\/(?!.*node_modules\/)(.+)$/.exec(url)?.[1] ??
    /\/((?:api|shared|worker|test)\/.+)$/.exec(url)?.[1] ??
    url
  )
}

/** Files of ours and of Node's by themselves, packages as a whole. */
function moduleOf(file: string): string {
  if (file.startsWith('node:') || file.endsWith('.ts')) return file
  return /^((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? file
}
