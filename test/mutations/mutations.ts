import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { setPriority } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { showBar } from '../torture/progress-bar.ts'
import { mutantsOf, type Mutant } from './mutants.ts'
import { plans, type Plan } from './plan.ts'
import { openWorkingCopy, type WorkingCopy } from './working-copy.ts'

const SECOND = 1000
/**
 * A mutant may take this many times as long as the unchanged file did, and at least LEAST_MS: longer counts as noticed.
 */
const PATIENCE = 4
const LEAST_MS = 30 * SECOND
const LUA_AT_ONCE = 25
const checkout = fileURLToPath(new URL('../../', import.meta.url))
/** One line of JSON for each mutant that was noticed, so that an interrupted run continues where it was. */
const noticedFile = `${checkout}node_modules/.cache/mutations.jsonl`

const usage = `npm run mutations [-- options] [part of a file's path ...]

Changes one line at a time in a copy of the checkout, runs the tests that matter and lists the changes that none of them noticed.
  --minutes N   stop after N minutes (60); the next run goes on from there
  --at-once N   runs of tests at a time (2)
  --again       also what was noticed before
  --list        list the changes and run nothing`

type Task = Mutant & { plan: Plan; unchanged: string; id: string }

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '60' },
      'at-once': { type: 'string', default: '2' },
      again: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  setPriority(15)
  if (values.again) rmSync(noticedFile, { force: true })
  const endAt = Date.now() + Number(values.minutes) * 60 * SECOND
  const chosen = plans.filter(({ file }) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
  const noticed = new Set(existsSync(noticedFile) ? readFileSync(noticedFile, 'utf8').split('\n') : [])
  await using copies = new AsyncDisposableStack()
  const open = async () => copies.use(await openWorkingCopy(checkout))
  const first = await open()
  const all = (await Promise.all(chosen.map((plan) => tasksOf(plan, first)))).flat()
  const todo = all.filter(({ id }) => !noticed.has(id))
  if (values.list) {
    for (const task of todo) console.log(described(task))
    return 0
  }
  const workers = [first]
  while (workers.length < Number(values['at-once'])) workers.push(await open())
  const survivors: Task[] = []
  let done = all.length - todo.length
  const hide = showBar(process.stdout, () => ({
    share: done / Math.max(all.length, 1),
    text: `${done} of ${all.length} changes, ${survivors.length} not noticed`,
  }))
  const limits = new Map<string, Promise<number>>()
  const queue = chunksOf(todo).values()
  mkdirSync(dirname(noticedFile), { recursive: true })
  await Promise.all(
    workers.map(async (copy) => {
      for (const chunk of queue) {
        if (Date.now() > endAt) return
        const verdicts = await judge(chunk, copy, limits)
        for (const [at, task] of chunk.entries()) {
          if (verdicts[at]) appendFileSync(noticedFile, `${task.id}\n`)
          else survivors.push(task)
          done++
        }
      }
    }),
  )
  hide()
  for (const task of survivors.toSorted((a, b) => all.indexOf(a) - all.indexOf(b))) console.log(described(task))
  const left = all.length - done
  console.log(`${all.length} changes: ${done - survivors.length} noticed, ${survivors.length} not, ${left} not tried`)
  return 0
}

/** The changes of one file. Their ids are valid for as long as the file is unchanged. */
async function tasksOf(plan: Plan, copy: WorkingCopy): Promise<Task[]> {
  const text = readFileSync(`${checkout}${plan.file}`, 'utf8')
  const mutants = await mutantsOf(plan.file, text, (lua) => copy.isScript(lua))
  return mutants.map((mutant) => {
    const id = createHash('sha256').update(plan.file).update(text).update(mutant.text).digest('base64url')
    return { ...mutant, plan, unchanged: text, id }
  })
}

/** Changes of one script are judged together, up to LUA_AT_ONCE; of any other file each by itself. */
function chunksOf(tasks: readonly Task[]): Task[][] {
  const chunks: Task[][] = []
  for (const task of tasks) {
    const last = chunks.at(-1)
    if (last?.[0]?.plan === task.plan && isLua(task) && last.length < LUA_AT_ONCE) last.push(task)
    else chunks.push([task])
  }
  return chunks
}

const isLua = ({ plan }: Task) => plan.file.endsWith('.lua')

async function judge(
  [first, ...others]: readonly Task[],
  copy: WorkingCopy,
  limits: Map<string, Promise<number>>,
): Promise<boolean[]> {
  if (!first) return []
  if (!isLua(first)) return [await isNoticed(first, copy, limits)]
  const { unchanged, plan } = first
  const tasks = [first, ...others]
  const noticed = new Set<Task>()
  for (const tests of plan.steps) {
    const left = tasks.filter((task) => !noticed.has(task))
    if (left.length === 0) break
    const texts = [unchanged, ...left.map(({ text }) => text)]
    const [broken, ...verdicts] = await copy.judgeLua(unchanged, texts, tests)
    if (broken) throw new Error(`${tests.join(' ')} fails without any change of ${plan.file}`)
    for (const [at, task] of left.entries()) if (verdicts[at]) noticed.add(task)
  }
  return tasks.map((task) => noticed.has(task))
}

async function isNoticed(task: Task, copy: WorkingCopy, limits: Map<string, Promise<number>>): Promise<boolean> {
  const { file, steps } = task.plan
  for (const tests of steps) {
    const name = tests.join(' ')
    const limit = limits.get(name) ?? measure(copy, tests)
    limits.set(name, limit)
    const atMostMs = await limit
    copy.write(file, task.text)
    try {
      if ((await copy.run(tests, atMostMs)).how !== 'passed') return true
    } finally {
      copy.write(file, task.unchanged)
    }
  }
  return false
}

/** How long these tests may take, derived from their present duration. Throws if they fail unchanged. */
async function measure(copy: WorkingCopy, tests: readonly string[]): Promise<number> {
  const { how, ms, output } = await copy.run(tests, 10 * 60 * SECOND)
  if (how !== 'passed') throw new Error(`${tests.join(' ')} ${how} without any change:\n${output}`)
  return Math.max(ms * PATIENCE, LEAST_MS)
}

function described({ plan, line, before, after }: Task): string {
  return `${plan.file}:${line}  ${before}\n    ${after === '' ? '(left out)' : `=> ${after}`}`
}

process.exit(await main())
