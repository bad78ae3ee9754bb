import { findRedis } from '@encounter-gateway/launch/find-redis.ts'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { toSvg } from '../charts/svg.ts'
import { describeCommit, describeMachine } from '../machine.ts'
import { fairSharesChart } from './fair-shares-chart.ts'
import { fairSharesPage } from './fair-shares-page.ts'
import { runScenario, usual, type ScenarioResult } from './scenario.ts'

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url))
/** With fewer, it would finish before the others. */
const ITEMS_AT_LEAST = 5_000
const usage = `npm run bench:fair-shares -- [--items ${usual.items.A}] [--rounds ${usual.rounds}] [--out folder] [--publish]
  --items     of the large batch, ${ITEMS_AT_LEAST} or more
  --publish   also writes docs/benchmarks-fair-shares.md and docs/bench-fair-shares.svg`

/** Exits with 0 whatever the figures are. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      items: { type: 'string', default: String(usual.items.A) },
      rounds: { type: 'string', default: String(usual.rounds) },
      out: { type: 'string' },
      publish: { type: 'boolean', default: false },
    },
  })
  const [items, rounds] = [Number(values.items), Number(values.rounds)]
  if (!Number.isInteger(items) || items < ITEMS_AT_LEAST || !Number.isInteger(rounds) || rounds < 1) {
    throw new RangeError('--items or --rounds is not a number that will do')
  }
  const folder = values.out ? resolve(values.out) : mkdtempSync(join(tmpdir(), 'gateway-fair-shares-'))
  mkdirSync(folder, { recursive: true })
  const about = {
    machine: describeMachine(`Redis: ${(await findRedis(console.log)).how}`),
    commit: describeCommit(),
    when: new Date().toISOString().slice(0, 10),
  }
  console.log(`${about.machine}\nresults go to ${folder}\n`)
  const result = await runScenario(folder, { ...usual, rounds, items: { ...usual.items, A: items } }, console.log)
  await writeFairShares(values.publish ? [folder, docs] : [folder], result, about)
  console.log(`\n${fairSharesPage(result, about)}`)
  return 0
}

/** Writes the page and its chart into each of these folders, and the figures into the first. */
export async function writeFairShares(
  folders: [string, ...string[]],
  result: ScenarioResult,
  about: { machine: string; commit: string; when: string },
): Promise<void> {
  const svg = await toSvg(fairSharesChart(result))
  for (const folder of folders) {
    writeFileSync(join(folder, 'bench-fair-shares.svg'), svg)
    writeFileSync(join(folder, 'benchmarks-fair-shares.md'), fairSharesPage(result, about))
  }
  const runs = result.runs.map(({ application, arrivedAt, points }) => ({ application, arrivedAt, points }))
  writeFileSync(join(folders[0], 'results.json'), `${JSON.stringify({ ...about, ...result, runs }, undefined, 2)}\n`)
}

if (import.meta.main) {
  try {
    process.exit(await main(process.argv.slice(2)))
  } catch (error) {
    if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error
    console.error(`${error.message}\n${usage}`)
    process.exit(64)
  }
}
