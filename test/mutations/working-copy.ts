import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Redis } from 'ioredis'
import { startRedis } from '@encounter-gateway/launch/redis-server.ts'

const SCOPE = '@encounter-gateway'

/** The path where each-lua-mutant.ts is a test. */
const LUA_TEST = 'test/mutations/each-lua-mutant.test.ts'
/** The whole suite of the store takes a tenth of this on an otherwise idle machine. */
const LUA_MS = 60_000
const LOOK_EVERY_MS = 500

/** The result of a test run; `ms` is how long it took. */
export type Verdict = { how: 'failed' | 'passed' | 'timed out'; ms: number; output: string }

/** A copy of the checkout with a Redis of its own, in which files may be changed. */
export type WorkingCopy = Awaited<ReturnType<typeof openWorkingCopy>>

/**
 * Copies the checkout as git knows it, including uncommitted changes, to a temporary folder. Packages stay where they
 * are.
 */
export async function openWorkingCopy(checkout: string) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-mutations-'))
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: checkout, encoding: 'utf8' })
  for (const file of listed.split('\n').filter((name) => name && existsSync(join(checkout, name)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(checkout, file), join(folder, file))
  }
  for (const workspace of [
    '',
    'api',
    'api/client',
    'worker',
    'worker/sandbox-emr',
    'shared',
    'shared/launch',
    'test',
  ]) {
    linkPackages(join(checkout, workspace, 'node_modules'), join(folder, workspace, 'node_modules'))
  }
  let redis = await startRedis({ persistent: false, log: () => undefined })
  let client = new Redis(redis.url)
  cpSync(join(folder, 'test/mutations/each-lua-mutant.ts'), join(folder, LUA_TEST))

  /** A new Redis: one that runs an endless script, which has written something, cannot be stopped otherwise. */
  async function renewRedis(): Promise<void> {
    client.disconnect()
    await redis.close()
    redis = await startRedis({ persistent: false, log: () => undefined })
    client = new Redis(redis.url)
  }

  async function runVitest(options: readonly string[], atMostMs: number, isDone = () => false): Promise<Verdict> {
    const startedAt = performance.now()
    const vitest = spawn(
      process.execPath,
      ['test/run/run-vitest.ts', ...options, '--testTimeout=10000', '--reporter=dot'],
      {
        cwd: folder,
        env: { ...process.env, REDIS_URL: redis.url, NO_COLOR: '1', MUTANTS: join(folder, 'mutants.json') },
        stdio: ['ignore', 'pipe', 'pipe'],
        // a group of its own, so that whatever the tests started ends with it
        detached: true,
      },
    )
    let output = ''
    for (const stream of [vitest.stdout, vitest.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    let timedOut = false
    const endGroup = () => {
      try {
        if (vitest.pid) process.kill(-vitest.pid, 'SIGKILL')
      } catch {
        // it has ended
      }
    }
    const limit = setTimeout(() => {
      timedOut = true
      endGroup()
    }, atMostMs)
    // on a busy machine vitest may take minutes to end
    const look = setInterval(() => isDone() && endGroup(), LOOK_EVERY_MS)
    const [code] = (await once(vitest, 'exit')) as [number | null]
    clearTimeout(limit)
    clearInterval(look)
    endGroup()
    const how = timedOut ? 'timed out' : code === 0 ? 'passed' : 'failed'
    return { how, ms: performance.now() - startedAt, output }
  }

  return {
    write: (file: string, text: string) => writeFileSync(join(folder, file), text),
    /** Whether Redis can compile a script. */
    isScript: (text: string) =>
      client.script('LOAD', text).then(
        () => true,
        () => false,
      ),
    /** Runs test files until one fails, for at most this time. */
    async run(tests: readonly string[], atMostMs: number): Promise<Verdict> {
      await client.flushall()
      return runVitest([...tests, '--bail=1'], atMostMs)
    },
    /** Whether the store's suite notices each of a script's changed forms. */
    async judgeLua(original: string, mutants: readonly string[], tests: readonly string[]): Promise<boolean[]> {
      const noticed: boolean[] = []
      while (noticed.length < mutants.length) {
        const results = join(folder, 'results.txt')
        const run = { original, mutants: mutants.slice(noticed.length), tests, results }
        writeFileSync(results, '')
        writeFileSync(join(folder, 'mutants.json'), JSON.stringify(run))
        const read = () => readFileSync(results, 'utf8').trim().split('\n')
        const isDone = () => read().length >= 2 * run.mutants.length
        const { output } = await runVitest([LUA_TEST], run.mutants.length * LUA_MS, isDone)
        const lines = read()
        const judged = lines.flatMap((line) => (line.endsWith('begun') ? [] : [line.endsWith('noticed')]))
        // a mutant that was begun and never ended made the tests hang
        if (lines.at(-1)?.endsWith('begun')) judged.push(true)
        if (judged.length === 0) throw new Error(`no change of a script could be judged:\n${output}`)
        noticed.push(...judged)
        if (noticed.length < mutants.length) await renewRedis()
      }
      return noticed
    },
    async [Symbol.asyncDispose]() {
      client.disconnect()
      await redis.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Links to each package; those of the workspaces must lead to the copy's own. */
function linkPackages(from: string, to: string): void {
  if (!existsSync(from)) return
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    if (name !== SCOPE) {
      symlinkSync(join(from, name), join(to, name))
      continue
    }
    mkdirSync(join(to, SCOPE), { recursive: true })
    for (const workspace of readdirSync(join(from, SCOPE))) {
      const source = join(from, SCOPE, workspace)
      symlinkSync(lstatSync(source).isSymbolicLink() ? readlinkSync(source) : source, join(to, SCOPE, workspace))
    }
  }
}
