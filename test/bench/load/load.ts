import type { Payload } from '../bodies.ts'
import type { Api, Stage } from '../stage.ts'
import { pace, saturate, type PacedResult, type SaturateOptions, type SaturateResult } from './load-process.ts'

/** How it differs from the usual load. */
export type LoadOptions = {
  payload?: Payload
  seconds?: number
  warmupSeconds?: number
  connections?: number
  headers?: Record<string, string>
  unique?: string
  rotate?: NonNullable<SaturateOptions['rotate']>
}

/** The result of a load, with its cost. Processor times in µs per request, `NaN` if unknown. */
export type Loaded = SaturateResult & { perSecond: number; apiCpu: number; storeCpu: number; loadCpu: number }

/** Sends to a side's apis as fast as they answer. Throws if a request was not accepted. */
export async function loadFully(stage: Stage, apis: readonly Api[], options: LoadOptions = {}): Promise<Loaded> {
  const store = () => stage.redis?.counters().then(({ cpuMs }) => cpuMs)
  const apiCpuMs = () => apis.reduce((sum, api) => sum + api.cpuMs(), 0)
  const before = { api: NaN, store: undefined as Promise<number> | undefined }
  const result = await saturate(requests(stage, apis, options), () => {
    before.api = apiCpuMs()
    before.store = store()
    for (const api of apis) void api.beginProfile()
  })
  const apiMs = apiCpuMs() - before.api
  const storeMs = ((await store()) ?? NaN) - ((await before.store) ?? NaN)
  for (const api of apis) await api.endProfile(stage.profilePath(api))
  refuseRefusals(result)
  const { ok, seconds } = result
  const each = (ms: number) => (ms * 1000) / ok
  const [apiCpu, storeCpu, loadCpu] = [each(apiMs), each(storeMs), each(result.cpuMs)]
  return { ...result, perSecond: ok / seconds, apiCpu, storeCpu, loadCpu }
}

/** Sends at a constant pace. Throws if a request was not accepted. */
export async function loadAtPace(stage: Stage, api: Api, perSecond: number, options: LoadOptions = {}) {
  const result: PacedResult = await pace({ ...requests(stage, [api], options), perSecond })
  refuseRefusals(result)
  return result
}

/** Fills a side's queue with this many jobs through its own api. */
export async function fill(
  stage: Stage,
  apis: readonly Api[],
  amount: number,
  options: LoadOptions = {},
): Promise<void> {
  refuseRefusals(await saturate({ ...requests(stage, apis, options), warmupSeconds: 0, amount }))
}

function requests({ side, bench }: Stage, apis: readonly Api[], options: LoadOptions): SaturateOptions {
  const { payload = 'generated', headers, ...more } = options
  return {
    urls: apis.map(({ url }) => url),
    path: side.path,
    headers: { ...side.headers, ...headers },
    bodies: bench.bodies[payload],
    connections: bench.connections,
    seconds: bench.seconds,
    // the compilers of V8 are at work for seconds, on ours longer than on less code
    warmupSeconds: Math.min(3, bench.seconds),
    ...more,
  }
}

/** A rate that includes refusals is not the rate of the requested work. */
function refuseRefusals({ ok, failed, statuses }: { ok: number; failed: number; statuses: string }): void {
  if (failed > 0 || ok === 0) throw new Error(`${failed} of ${ok + failed} requests were not accepted (${statuses})`)
}
