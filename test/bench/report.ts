import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { acceptChart } from './charts/accept-chart.ts'
import { connectionsChart, growthChart } from './charts/growth-chart.ts'
import { ratioChart } from './charts/ratio-chart.ts'
import { toSvg } from './charts/svg.ts'
import type { RowResults } from './results.ts'
import { rowSection } from './table.ts'

const docs = fileURLToPath(new URL('../../docs/', import.meta.url))

/** Where, of what and how the figures were taken. */
export type RunAbout = {
  machine: string
  commit: string
  startedAt: string
  rounds: number
  seconds: number
  connections: number
}

/**
 * Writes results.json, benchmarks.md and the charts into `folder`; with `publish` page and charts also into docs/,
 * where the README shows them. A chart whose row was not run stays unchanged.
 */
export async function writeReport(
  folder: string,
  about: RunAbout,
  results: readonly RowResults[],
  publish: boolean,
): Promise<void> {
  const rows = results.map(({ measurement, bySide, skipped }) => ({
    id: measurement.id,
    name: measurement.name,
    rounds: Object.fromEntries(bySide),
    skipped: Object.fromEntries(skipped),
  }))
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify({ ...about, rows }, undefined, 2)}\n`)
  const charts = {
    ratios: ratioChart(results),
    accepts: acceptChart(results),
    growth: growthChart(results),
    connections: connectionsChart(results),
  }
  const drawn: string[] = []
  const folders = publish ? [folder, docs] : [folder]
  for (const target of folders) mkdirSync(target, { recursive: true })
  for (const [name, spec] of Object.entries(charts)) {
    if (!spec) continue
    const svg = await toSvg(spec)
    for (const target of folders) writeFileSync(join(target, `bench-${name}.svg`), svg)
    drawn.push(`![${captions[name as keyof typeof captions]}](bench-${name}.svg)\n`)
  }
  const page = [introduction(about), ...drawn, ...results.map(rowSection)].join('\n')
  for (const target of folders) writeFileSync(join(target, 'benchmarks.md'), page)
}

const captions = {
  ratios: 'Ours against the bare app',
  accepts: 'Accepts and encounters per second beside the peers',
  growth: 'The effect of more waiting jobs',
  connections: 'The effect of more EMRs',
}

function introduction({ machine, commit, startedAt, rounds, seconds, connections }: RunAbout): string {
  const when = startedAt.slice(0, 10)
  return `# Benchmarks

Written by \`npm run bench -- --publish\` (test/bench/). The gateway with all its promises against what one would write or pick
instead: **bare** is Fastify, the same TypeBox schema, \`queue.add(body)\` in clear and a bare BullMQ worker (test/bench/bare/); pg-boss
and graphile-worker do the same on PostgreSQL behind the same route. The sides alternate, each run on a fresh store and
with real processes; ratios are computed per round, so other activity of the machine affects both sides. Every 202 is on disk:
Redis runs with \`appendonly yes\` and \`appendfsync always\`, PostgreSQL with its default \`synchronous_commit\`. Load, api, worker,
Sandbox EMR and store share the cores, so compare the ratios rather than the rates.

${when}, ${commit ? `commit ${commit}, ` : ''}${rounds} rounds of ${seconds} s after a warm-up, ${connections} connections.
${machine}.
`
}
