import type { paths } from '../../src/index.ts'
import { numberOf } from '../pace.ts'

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Content } } } }
}
  ? Content
  : never
export type ConnectionRow = Answer<'/api/v1/operator/Connections'>['Connections'][number]
export type OperatorJob = Answer<'/api/v1/operator/Jobs'>['Jobs'][number]
export type JobDetail = Answer<'/api/v1/operator/Jobs/{JobId}'>
export type EndpointRow = Answer<'/api/v1/operator/WebhookEndpoints'>['WebhookEndpoints'][number]
export type OperatorDelivery = Answer<'/api/v1/operator/WebhookEndpoints/{EndpointId}/Deliveries'>['Deliveries'][number]
export type AuditEntry = Answer<'/api/v1/operator/Audit'>['Entries'][number]
export type Process = Answer<'/api/v1/operator/Workers'>['Processes'][number]

/** `Sick  Cerner north  since ..., the EMR does not answer  611 waiting ...`. */
export function connectionText(row: ConnectionRow): string {
  const { EMRSystem, EmrInstance, State, Since, Cause, Pending, OldestPendingAt, InDoubt, NextProbeAt } = row
  const ordered = row.OrderedBy && `${row.OrderedBy}: ${row.Reason ?? ''}`
  return line([
    State.padEnd(9),
    `${EMRSystem} ${EmrInstance}`,
    Since && `since ${Since}`,
    Cause,
    ordered,
    row.Draining ? 'draining' : undefined,
    `${Pending} waiting`,
    OldestPendingAt && `oldest ${OldestPendingAt}`,
    InDoubt > 0 ? `${InDoubt} in doubt` : undefined,
    `${row.AcceptedPerMinute} in and ${row.EndedPerMinute} out per minute`,
    NextProbeAt && `next try ${NextProbeAt}`,
    row.Until && `until ${row.Until}`,
    `at most ${row.Concurrency} at once, ${row.RequestsPerSecond} per second`,
  ])
}

/** One job in one line. */
export function jobText(job: OperatorJob): string {
  return line([
    job.JobId,
    [job.Status, job.StatusCode, job.Problem].filter(Boolean).join(' '),
    `${job.EMRSystem} ${job.EmrInstance}`,
    job.Application,
    job.CreatedAt && `created ${job.CreatedAt}`,
    job.FinishedAt && `ended ${job.FinishedAt}`,
  ])
}

/** When what happened to a job, one event per line. */
export function timelineTexts({ Timeline }: JobDetail): string[] {
  return Timeline.map(({ At, Event, StatusCode, Round, Attempts }) =>
    line([
      At,
      Event,
      StatusCode,
      Round === undefined ? undefined : `round ${Round}`,
      Attempts === undefined ? undefined : numberOf(Attempts, 'attempt'),
    ]),
  )
}

/** One endpoint in one line. */
export function endpointText(row: EndpointRow): string {
  return line([
    row.State.padEnd(8),
    row.Application,
    row.EndpointId,
    row.Origin,
    row.Since && `since ${row.Since}`,
    row.Reason,
    `${row.Pending} waiting`,
    `${row.DeadLetters} given up`,
    row.LastSuccessAt && `last success ${row.LastSuccessAt}`,
  ])
}

/** One delivery in one line, with its last try. */
export function deliveryText({ MessageId, Type, Status, JobId, CreatedAt, Tries }: OperatorDelivery): string {
  const last = Tries.at(-1)
  return line([CreatedAt, MessageId, Type, Status, JobId, `${Tries.length} tries`, last?.Error ?? last?.StatusCode])
}

/** One entry of the audit log in one line. */
export function auditText(entry: AuditEntry): string {
  return line([
    entry.At,
    entry.Actor,
    entry.Role,
    entry.From,
    entry.Action,
    entry.EMRSystem && `${entry.EMRSystem} ${entry.EmrInstance ?? ''}`,
    entry.JobId,
    entry.About,
    entry.Before === undefined ? undefined : `${entry.Before} -> ${entry.After ?? ''}`,
    entry.Reason,
  ])
}

/** One process in one line. */
export function processText(each: Process): string {
  const state = each.Alive ? 'alive' : `no sign of life since ${each.SeenAt}`
  return line([each.Kind, each.Host, each.Pid, each.Version, each.Configuration, state])
}

function line(parts: readonly (string | number | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('  ')
}
