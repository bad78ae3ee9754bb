import { contentOf, GatewayError, type OperatorApi } from '../../src/index.ts'
import { readArguments, usageError } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { openOperatorApi } from '../ops/operator-api.ts'
import { findingIn, readFindings, type Finding } from '../ops/resolutions.ts'
import {
  auditText,
  connectionText,
  deliveryText,
  endpointText,
  jobText,
  processText,
  timelineTexts,
  type OperatorJob,
} from '../ops/texts.ts'
import { numberOf } from '../pace.ts'
import { reference } from '../reference.ts'
import { give, say, type Terminal } from '../terminal.ts'

const connection = ['EMR', 'INSTANCE'] as const
/** The operands of each action. */
const actions = {
  now: [],
  connection,
  pause: connection,
  resume: connection,
  drain: connection,
  hold: connection,
  release: connection,
  limits: connection,
  jobs: [],
  job: ['JOB'],
  'in-doubt': [],
  resolve: ['JOB'],
  retry: [],
  cancel: [],
  webhooks: [],
  deliveries: ['ENDPOINT'],
  enable: ['ENDPOINT'],
  disable: ['ENDPOINT'],
  recover: ['ENDPOINT'],
  resend: ['ENDPOINT', 'MESSAGE'],
  workers: [],
  audit: [],
} as const satisfies Record<string, readonly string[]>
type Action = keyof typeof actions
const names = Object.keys(actions) as Action[]

type Values = ReturnType<typeof readOptions>['values']
/** What an action works with; `first` and `second` are its operands. */
type At = { api: OperatorApi; terminal: Terminal; signal: AbortSignal; values: Values; first: string; second: string }

/** `ops ACTION ...`: what operators see and do at /admin, for scripts and terminals. */
export const ops: Command = async (argv, terminal, signal) => {
  const action = names.find((name) => name === argv[0])
  if (!action) throw usageError(`ops takes one of ${names.join(', ')}`)
  const isTable = action === 'resolve' && argv.some((each) => each === '--csv' || each.startsWith('--csv='))
  const { values, positionals } = readOptions(argv.slice(1), isTable ? [] : [...actions[action]])
  const api = await openOperatorApi(terminal, values['token-file'])
  const [first = '', second = ''] = positionals
  return run[action]({ api, terminal, signal, values, first, second })
}

function readOptions(argv: readonly string[], operands: string[]) {
  return readArguments(argv, reference.ops.options, operands)
}

const CONNECTION = '/api/v1/operator/Connections/{EMRSystem}/{EmrInstance}'
const ENDPOINT = '/api/v1/operator/WebhookEndpoints/{EndpointId}'

const run: Record<Action, (at: At) => Promise<ExitCode>> = {
  async now({ api, terminal, signal }) {
    const { Connections } = contentOf(await api.GET('/api/v1/operator/Connections', { signal }))
    give(terminal, { Connections })
    for (const each of Connections) say(terminal, connectionText(each))
    return Connections.every(({ State }) => State === 'Healthy') ? exitCodes.ok : exitCodes.notAll
  },

  async connection({ api, terminal, signal, first, second }) {
    const found = contentOf(await api.GET(CONNECTION, { ...connectionAt(first, second), signal }))
    give(terminal, found)
    say(terminal, connectionText(found))
    for (const { Name, Pending } of found.Applications) say(terminal, `${Name}  ${Pending} waiting`)
    return found.State === 'Healthy' ? exitCodes.ok : exitCodes.notAll
  },

  pause: ordering((at, body) => at.api.POST(`${CONNECTION}/Pause`, { ...call(at), body: { ...body, ...until(at) } })),
  resume: ordering((at, body) => at.api.POST(`${CONNECTION}/Resume`, { ...call(at), body })),
  drain: ordering((at, body) => at.api.POST(`${CONNECTION}/Drain`, { ...call(at), body })),
  release: ordering((at, body) => at.api.POST(`${CONNECTION}/Release`, { ...call(at), body })),
  hold: ordering((at, body) => {
    const Seconds = wholeNumber('seconds', at.values.seconds)
    if (Seconds === undefined) throw usageError('ops hold requires --seconds')
    return at.api.POST(`${CONNECTION}/Hold`, { ...call(at), body: { ...body, Seconds } })
  }),
  limits: ordering((at, body) => {
    const Concurrency = wholeNumber('concurrency', at.values.concurrency)
    const RequestsPerSecond = wholeNumber('per-second', at.values['per-second'])
    const limits = {
      ...(Concurrency !== undefined && { Concurrency }),
      ...(RequestsPerSecond !== undefined && { RequestsPerSecond }),
    }
    return at.api.POST(`${CONNECTION}/Limits`, { ...call(at), body: { ...body, ...limits } })
  }),

  jobs: (at) => listJobs(at, filterIn(at.values)),
  'in-doubt': (at) => listJobs(at, { ...filterIn(at.values), Status: 'OutcomeUnknown' }),

  async job({ api, terminal, signal, first: JobId }) {
    const params = { path: { JobId } }
    const job = contentOf(await api.GET('/api/v1/operator/Jobs/{JobId}', { params, signal }))
    give(terminal, job)
    say(terminal, jobText(job))
    for (const text of timelineTexts(job)) say(terminal, text)
    return exitCodes.ok
  },

  async resolve(at) {
    const { values, first: JobId, terminal } = at
    const Reason = reasonIn(values)
    if (values.csv !== undefined) return resolveAll(at, await readFindings(values.csv), Reason)
    const finding = findingIn(values.created ?? '', [values.send && 'Send', values.fail && 'Fail'].find(Boolean) || '')
    if (!finding || (values.send && values.fail)) {
      throw usageError('ops resolve takes one of --created ID, --send and --fail')
    }
    const job = contentOf(await resolve(at, JobId, finding, Reason))
    give(terminal, job)
    say(terminal, jobText(job))
    return exitCodes.ok
  },

  retry: (at) => bulk(at, 'Retry'),
  cancel: (at) => bulk(at, 'Cancel'),

  async webhooks({ api, terminal, signal, values }) {
    const params = { query: { Limit: 200, ...applicationIn(values) } }
    const found = contentOf(await api.GET('/api/v1/operator/WebhookEndpoints', { params, signal }))
    give(terminal, found)
    for (const each of found.WebhookEndpoints) say(terminal, endpointText(each))
    const isTroubled = found.WebhookEndpoints.some(({ State, ByOrder }) => State !== 'Enabled' && !ByOrder)
    return isTroubled ? exitCodes.notAll : exitCodes.ok
  },

  async deliveries({ api, terminal, signal, values, first: EndpointId }) {
    const status = (['Waiting', 'Delivered', 'Failed'] as const).find((each) => each === values.status)
    if (values.status !== undefined && !status) throw usageError('--status takes Waiting, Delivered or Failed')
    const query = { Limit: limitIn(values), ...(status && { Status: status }), ...applicationIn(values) }
    const about = { params: { path: { EndpointId }, query }, signal }
    const found = contentOf(await api.GET(`${ENDPOINT}/Deliveries`, about))
    give(terminal, found)
    for (const each of found.Deliveries) say(terminal, deliveryText(each))
    return exitCodes.ok
  },

  enable: (at) => setEndpoint(at, 'Enable'),
  disable: (at) => setEndpoint(at, 'Disable'),

  async recover({ api, terminal, signal, values, first: EndpointId }) {
    const { since: Since, yes } = values
    if (Since === undefined) throw usageError('ops recover requires --since')
    const about = { params: { path: { EndpointId } }, signal }
    const body = { Since, ...applicationIn(values) }
    const dry = contentOf(await api.POST(`${ENDPOINT}/Recover`, { ...about, body: { ...body, DryRun: true } }))
    if (!yes) return onlyCounted(terminal, dry, `${numberOf(dry.Count, 'message')} not received`)
    const order = { ...body, Reason: reasonIn(values), ...(dry.Expect !== undefined && { Expect: dry.Expect }) }
    const sent = contentOf(await api.POST(`${ENDPOINT}/Recover`, { ...about, body: order }))
    give(terminal, sent)
    say(terminal, `${numberOf(sent.Count, 'message')} sent again`)
    return exitCodes.ok
  },

  async resend({ api, terminal, signal, values, first: EndpointId, second: MessageId }) {
    const body = { EndpointId, Reason: reasonIn(values), ...applicationIn(values) }
    const about = { params: { path: { MessageId } }, signal, body }
    const row = contentOf(await api.POST('/api/v1/operator/Deliveries/{MessageId}/Resend', about))
    give(terminal, row)
    say(terminal, `${MessageId} is sent again`)
    return exitCodes.ok
  },

  async workers({ api, terminal, signal }) {
    const found = contentOf(await api.GET('/api/v1/operator/Workers', { signal }))
    give(terminal, found)
    for (const each of found.Processes) say(terminal, processText(each))
    return found.Processes.every(({ Alive }) => Alive) ? exitCodes.ok : exitCodes.notAll
  },

  async audit({ api, terminal, signal, values }) {
    const { actor, action, job, from, to } = values
    const query = {
      Limit: limitIn(values),
      ...(actor !== undefined && { Actor: actor }),
      ...(action !== undefined && { Action: action }),
      ...(job !== undefined && { JobId: job }),
      ...(from !== undefined && { From: from }),
      ...(to !== undefined && { To: to }),
    }
    const found = contentOf(await api.GET('/api/v1/operator/Audit', { params: { query }, signal }))
    give(terminal, found)
    for (const each of found.Entries) say(terminal, auditText(each))
    return exitCodes.ok
  },
}

type Ordered = Promise<{ data?: Parameters<typeof connectionText>[0]; error?: unknown; response: Response }>

/** An order to a connection: sends it with its reason, and shows the connection. */
function ordering(send: (at: At, body: { Reason: string }) => Ordered): (at: At) => Promise<ExitCode> {
  return async (at) => {
    const row = contentOf(await send(at, { Reason: reasonIn(at.values) }))
    give(at.terminal, row ?? {})
    if (row) say(at.terminal, connectionText(row))
    return exitCodes.ok
  }
}

function call({ first, second, signal }: At) {
  return { ...connectionAt(first, second), signal }
}

function connectionAt(EMRSystem: string, EmrInstance: string) {
  return { params: { path: { EMRSystem, EmrInstance } } }
}

function until({ values: { minutes } }: At): { Until?: string } {
  const count = wholeNumber('minutes', minutes)
  return count === undefined ? {} : { Until: new Date(Date.now() + count * 60_000).toISOString() }
}

async function listJobs({ api, terminal, signal, values }: At, filter: ReturnType<typeof filterIn>): Promise<ExitCode> {
  const batch = values.batch === undefined ? {} : { BatchId: values.batch }
  const cursor = values.cursor === undefined ? {} : { Cursor: values.cursor }
  const query = { ...filter, ...batch, ...cursor, Limit: limitIn(values) }
  const found = contentOf(await api.GET('/api/v1/operator/Jobs', { params: { query }, signal }))
  give(terminal, found)
  for (const each of found.Jobs) say(terminal, jobText(each))
  if (found.Cursor) say(terminal, `more: --cursor ${found.Cursor}`)
  return exitCodes.ok
}

/** Retries or cancels what a filter matches; without `--yes` it is only counted. */
async function bulk({ api, terminal, signal, values }: At, act: 'Retry' | 'Cancel'): Promise<ExitCode> {
  const Filter = filterIn(values)
  const path = `/api/v1/operator/Jobs/${act}` as const
  const dry = contentOf(await api.POST(path, { signal, body: { Filter, DryRun: true } }))
  const more = dry.More ? ', and more after those' : ''
  if (!values.yes)
    return onlyCounted(terminal, dry, `${numberOf(dry.Count, 'job')} ${dry.Count === 1 ? 'matches' : 'match'}${more}`)
  const order = { Filter, Reason: reasonIn(values), ...(dry.Expect !== undefined && { Expect: dry.Expect }) }
  const done = contentOf(await api.POST(path, { signal, body: order }))
  give(terminal, done)
  say(terminal, `${numberOf(done.Done ?? 0, 'job')} done, ${done.Skipped ?? 0} skipped${more}`)
  return done.Skipped ? exitCodes.notAll : exitCodes.ok
}

function onlyCounted(terminal: Terminal, dry: object, text: string): ExitCode {
  give(terminal, dry)
  say(terminal, `${text}; nothing was done: repeat it with --yes`)
  return exitCodes.ok
}

async function setEndpoint({ api, terminal, signal, values, first }: At, act: 'Enable' | 'Disable'): Promise<ExitCode> {
  const body = { Reason: reasonIn(values), ...applicationIn(values) }
  const about = { params: { path: { EndpointId: first } }, signal, body }
  const row = contentOf(await api.POST(`${ENDPOINT}/${act}`, about))
  give(terminal, row)
  say(terminal, endpointText(row))
  return exitCodes.ok
}

function resolve({ api, signal }: At, JobId: string, finding: Finding, Reason: string) {
  const about = { params: { path: { JobId } }, signal, body: { ...finding, Reason } }
  return api.POST('/api/v1/operator/Jobs/{JobId}/Resolve', about)
}

/** Resolves one after the other; one that is refused stops nothing. Without `--yes` they are only counted. */
async function resolveAll(
  at: At,
  findings: readonly { jobId: string; finding: Finding }[],
  Reason: string,
): Promise<ExitCode> {
  const { terminal, values } = at
  const of = (kind: string) =>
    findings.filter(({ finding }) => (finding.As === 'Created' ? 'there' : finding.Then) === kind)
  const counts = { Created: of('there').length, Send: of('Send').length, Fail: of('Fail').length }
  if (!values.yes) {
    const text = `${counts.Created} are there, ${counts.Send} to send, ${counts.Fail} to fail`
    return onlyCounted(terminal, counts, text)
  }
  const refused: { JobId: string; Message: string }[] = []
  for (const { jobId, finding } of findings) {
    try {
      contentOf(await resolve(at, jobId, finding, Reason))
      say(terminal, `${jobId}  resolved`)
    } catch (error) {
      if (!(error instanceof GatewayError) || error.mayPass || error.status === 401 || error.status === 403) throw error
      refused.push({ JobId: jobId, Message: error.message })
      say(terminal, `${jobId}  ${error.message}`)
    }
  }
  give(terminal, { Resolved: findings.length - refused.length, Refused: refused })
  return refused.length > 0 ? exitCodes.notAll : exitCodes.ok
}

function filterIn({ status, emr, instance, application, code, from, to, by }: Values) {
  const StatusCode = wholeNumber('code', code)
  return {
    // the gateway refuses what it does not know, and says what it does
    ...(status !== undefined && { Status: status as OperatorJob['Status'] }),
    ...(emr !== undefined && { EMRSystem: emr as OperatorJob['EMRSystem'] }),
    ...(instance !== undefined && { EmrInstance: instance }),
    ...(application !== undefined && { Application: application }),
    ...(StatusCode !== undefined && { StatusCode }),
    ...(from !== undefined && { From: from }),
    ...(to !== undefined && { To: to }),
    ...(by !== undefined && { By: by as 'CreatedAt' }),
  }
}

function applicationIn({ application }: Values): { Application?: string } {
  return application === undefined ? {} : { Application: application }
}

function reasonIn({ reason }: Values): string {
  if (reason === undefined || reason.trim() === '') throw usageError('--reason is required: it goes into the audit log')
  return reason
}

function limitIn({ max }: Values): number {
  return wholeNumber('max', max) ?? 50
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError(`--${option} takes a whole number`)
  return Number(text)
}
