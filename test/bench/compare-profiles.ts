import { readFileSync } from 'node:fs'
import { summarizeProfile, type CpuProfile } from './profile-summary.ts'

/**
 * `node test/bench/compare-profiles.ts ours.cpuprofile 5000 bare.cpuprofile 6000`: shows where two processes spend
 * their processor time, in µs per request (or encounter); the numbers are how many of them each handled while it was
 * profiled. Prints a Markdown table.
 */
const [oursPath = '', oursCount = '', barePath = '', bareCount = ''] = process.argv.slice(2)

/** What modules are for; the first match counts. The profiler's own work is left out. */
const purposes: [name: string, modules: RegExp][] = [
  ['', /^node:inspector$/],
  ['sealing: zstd, AES-GCM', /compression\.ts$|crypto\/cipher|shared\/src\/seal\.ts$|random/],
  ['keyed hashes: ids, prints, keys of applications', /crypto\/(?:hash|keys|util)|job-id\.ts$|connection\.ts$/],
  ['JSON: parsing it, names that are there twice', /^secure-json-parse$|repeated-names\.ts$|payload\.ts$/],
  ['validation', /ajv|read-item\.ts$|contract\//],
  [
    'Redis and the queue: ioredis, BullMQ, records',
    /^(?:ioredis|bullmq|msgpackr|denque)$|\/records\/|accept\.ts$|turns\.ts$/,
  ],
  [
    'HTTP: Node, Fastify, undici',
    /^(?:fastify|undici|find-my-way|@fastify\/.+|wasm:)$|_http|stream|node:net|node:events|timers|internal\/url/,
  ],
  ['bytes and texts: Buffer', /node:(?:internal\/)?buffer|encoding/],
  ['log and metrics', /^(?:pino|@pinojs\/.+|sonic-boom|prom-client|quick-format-unescaped)$|node:fs$/],
  ['garbage collection', /garbage collector/],
  ['code of the gateway', /^(?:api|worker|shared)\//],
  ['all else', /./],
]

const [ours, bare] = [perUnit(oursPath, Number(oursCount)), perUnit(barePath, Number(bareCount))]
console.log('| µs each | ours | bare | more |\n| --- | ---: | ---: | ---: |')
for (const [name] of [...purposes.slice(1), ['together'] as const]) {
  const [one = 0, other = 0] = [ours.get(name), bare.get(name)]
  console.log(`| ${name} | ${one.toFixed(0)} | ${other.toFixed(0)} | ${(one - other).toFixed(0)} |`)
}

function perUnit(path: string, count: number): Map<string, number> {
  const { modules } = summarizeProfile(JSON.parse(readFileSync(path, 'utf8')) as CpuProfile)
  const times = new Map<string, number>()
  for (const { name, ms } of modules) {
    const [purpose = ''] = purposes.find(([, pattern]) => pattern.test(name)) ?? []
    if (purpose === '') continue
    const each = (ms * 1000) / count
    for (const row of [purpose, 'together']) times.set(row, (times.get(row) ?? 0) + each)
  }
  return times
}
