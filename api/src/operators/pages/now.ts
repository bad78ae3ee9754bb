import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { Readiness } from '@encounter-gateway/shared/contract/readiness.ts'
import { breakerReasons } from '@encounter-gateway/shared/records/breaker.ts'
import type { SeenProcess } from '@encounter-gateway/shared/records/fleet.ts'
import { html } from 'ghtml'
import type { ConnectionRow } from '../api/schemas.ts'
import type { EndpointRow } from '../api/webhook-schemas.ts'
import type { SeenConnection } from '../connection-rows.ts'
import { pageOf, type Html } from './layout.ts'
import { sparkline } from './charts.ts'
import { endpointSection, endpointSentence, isTroubled } from './webhooks.ts'
import { ago, clock, counted, duration, number, seconds } from './words.ts'

/** What the page shows. */
export type NowSeen = {
  operator: Operator
  connections: readonly SeenConnection[]
  processes: readonly SeenProcess[]
  redis: Readiness
  /** The worst of them. */
  endpoints: readonly EndpointRow[]
}

/** By cause: what the page says of a connection that is `Sick`. */
const sickness = new Map<string, string>([
  [breakerReasons.unanswered, 'has not answered'],
  [breakerReasons.unreachable, 'has been out of reach'],
])

/** The marks of the states: never colour alone. */
export const markOf: Record<ConnectionRow['State'], string> = {
  Healthy: '●',
  Slow: '◔',
  Sick: '✕',
  Throttled: '◐',
  Paused: '❚❚',
  NoWorkers: '∅',
}

/** The page that says in one sentence whether something is wrong, and shows the connections, those in trouble first. */
export function nowPage({ operator, connections, processes, redis, endpoints }: NowSeen): Html {
  const rows = connections.map(({ row }) => row)
  return pageOf(operator, {
    title: 'Now',
    here: '/admin',
    isLive: true,
    main: html`<div id="live">
      <h1>
        !${headline(rows)}!${endpoints
          .filter(isTroubled)
          .slice(0, 2)
          .map((each) => ` ${endpointSentence(each)}`)}
      </h1>
      <section aria-labelledby="connections">
        <h2 id="connections">Connections, by trouble</h2>
        <div class="wide" tabindex="0" role="region" aria-label="Connections">
          <table>
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Connection</th>
                <th scope="col" class="n">Waiting</th>
                <th scope="col" class="n">In</th>
                <th scope="col" class="n">Out</th>
                <th scope="col">Ended, last hour</th>
                <th scope="col" class="n">Empty in</th>
                <th scope="col" class="n">p95</th>
                <th scope="col" class="n">In doubt</th>
                <th scope="col">Next</th>
              </tr>
            </thead>
            <tbody>
              !${connections.map(connectionLine)}
            </tbody>
          </table>
        </div>
      </section>
      !${endpoints.length > 0 ? endpointSection(endpoints) : ''}
      <div class="cards">!${fleetCard(rows, processes)}!${redisCard(redis)}</div>
    </div>`,
  })
}

/** One sentence about what is wrong, or that nothing is. */
export function headline(rows: readonly ConnectionRow[], now = Date.now()): Html {
  const troubled = rows.filter(({ State }) => State !== 'Healthy')
  const wait = rows.reduce((sum, { Pending }) => sum + Pending, 0)
  const doubt = rows.reduce((sum, { InDoubt }) => sum + InDoubt, 0)
  const inDoubt = doubt > 0 ? `; ${counted(doubt, 'is', 'are')} in doubt` : ''
  if (troubled.length === 0) {
    return html`All connections are well: ${counted(wait, 'encounter waits', 'encounters wait')}${inDoubt}.`
  }
  const sentences = troubled.slice(0, 4).map((row) => sentence(row, now))
  const more = troubled.length - sentences.length
  return `${sentences.join(' ')}${more > 0 ? html` ${counted(more, 'more is', 'more are')} in trouble.` : ''}`
}

function sentence(row: ConnectionRow, now: number): Html {
  const name = `${row.EMRSystem} ${row.EmrInstance}`
  const since = row.Since ? ` since ${clock(row.Since, now)}` : ''
  const waits = counted(row.Pending, 'encounter waits', 'encounters wait')
  const doubts = row.InDoubt > 0 ? `, ${counted(row.InDoubt, 'is', 'are')} in doubt` : ''
  switch (row.State) {
    case 'Sick': {
      const what = sickness.get(row.Cause ?? '') ?? 'has been failing'
      return html`<em>${name} ${what}${since}</em>: ${waits}${doubts}.`
    }
    case 'NoWorkers':
      return html`<em>No worker runs</em> for ${name}: ${waits}${doubts}.`
    case 'Throttled': {
      const done = row.EmptyInSeconds === undefined ? '' : `, done in about ${duration(row.EmptyInSeconds * 1000)}`
      return html`${name} throttles us: ${waits}${done}.`
    }
    case 'Slow':
      return html`${name} is slow: ${waits}.`
    case 'Paused':
      return html`${name} is paused${since}${row.OrderedBy ? ` by ${row.OrderedBy}` : ''}: ${waits}.`
    default:
      return ''
  }
}

function connectionLine({ row, lastHour }: SeenConnection): Html {
  const path = `/admin/connections/${row.EMRSystem}/${row.EmrInstance}`
  const doubts = `/admin/in-doubt?EMRSystem=${row.EMRSystem}&EmrInstance=${row.EmrInstance}`
  return html`<tr class="${row.State.toLowerCase()}">
    <td class="state">
      <span class="mark" aria-hidden="true">${markOf[row.State]}</span
      ><span><b>${row.State}</b>!${stateNotes(row)}</span>
    </td>
    <th scope="row">
      <a href="${path}">${row.EMRSystem} <span>${row.EmrInstance}</span></a
      ><small>${row.Connector}</small>
    </th>
    <td class="n">
      <b>${number(row.Pending)}</b
      >!${row.OldestPendingAt ? html`<small>oldest ${ago(row.OldestPendingAt)}</small>` : ''}
    </td>
    <td class="n">${number(row.AcceptedPerMinute)}<small>in / min</small></td>
    <td class="n">${number(row.EndedPerMinute)}<small>out / min</small></td>
    <td>!${sparkline(lastHour, `ended per minute, last hour: at most ${Math.max(...lastHour, 0)}`)}</td>
    <td class="n">
      ${row.EmptyInSeconds === undefined ? (row.Pending > 0 ? '—' : '') : duration(row.EmptyInSeconds * 1000)}
    </td>
    <td class="n">${row.P95Ms === undefined ? '—' : seconds(row.P95Ms)}</td>
    <td class="n">
      !${row.InDoubt > 0 ? html`<a class="doubt" href="${doubts}" aria-label="${row.InDoubt} in doubt">${number(row.InDoubt)}</a>` : '0'}
    </td>
    <td class="next">${nextOf(row)}</td>
  </tr>`
}

/** Since when, why, and by whose order. */
export function stateNotes({ Since, Cause, OrderedBy, Reason, Draining }: ConnectionRow): Html {
  const notes = [
    Since && `since ${clock(Since)}, ${ago(Since)}`,
    Cause,
    Draining && 'draining: accepts nothing new',
    OrderedBy && `${OrderedBy}: ${Reason}`,
  ].filter((note): note is string => typeof note === 'string')
  return notes.map((note) => html`<small>${note}</small>`).join('')
}

function nextOf({ State, NextProbeAt, Until }: ConnectionRow): string {
  const inTime = (time: string) => duration(Math.max(Date.parse(time) - Date.now(), 0))
  if (State === 'Sick' && NextProbeAt) return `tried again in ${inTime(NextProbeAt)}`
  if (State === 'Throttled' && NextProbeAt) return `resumes in ${inTime(NextProbeAt)}`
  if (State === 'Paused') return Until ? `resumes at ${clock(Until)}` : 'until an operator resumes it'
  return ''
}

function fleetCard(rows: readonly ConnectionRow[], processes: readonly SeenProcess[]): Html {
  const alive = processes.filter(({ Alive }) => Alive)
  const of = (kind: string) => alive.filter(({ Kind }) => Kind === kind).length
  const versions = new Set(alive.map(({ Version }) => Version))
  const configurations = new Set(alive.map(({ Configuration }) => Configuration))
  const used = rows.reduce((sum, { Running }) => sum + Running, 0)
  const places = rows.reduce((sum, { Concurrency }) => sum + Concurrency, 0)
  return html`<section aria-labelledby="fleet">
    <h2 id="fleet"><a href="/admin/fleet">Fleet</a></h2>
    <p>
      <b>${counted(of('worker'), 'worker', 'workers')}</b>, ${counted(of('api'), 'api', 'apis')},
      ${versions.size === 1 ? `one version (${[...versions].join('')})` : `${versions.size} versions`},
      ${configurations.size === 1 ? 'one configuration' : `${configurations.size} configurations`}
    </p>
    <p>${number(used)} of ${number(places)} places in use</p>
  </section>`
}

function redisCard({ Ready, Checks }: Readiness): Html {
  const { RedisMemory, RedisDurability } = Checks
  const { UsedBytes, MaxBytes } = RedisMemory
  const of = typeof MaxBytes === 'number' ? ` of ${megabytes(MaxBytes)}` : ''
  return html`<section aria-labelledby="redis">
    <h2 id="redis">Redis</h2>
    <p>
      <b>${UsedBytes === undefined ? 'memory not reported' : megabytes(UsedBytes)}</b>${of} · ${RedisDurability.Level}
    </p>
    <p>${Ready ? 'accepts requests' : 'accepts no new requests'}</p>
  </section>`
}

const megabytes = (bytes: number) => `${number(Math.round(bytes / 1_000_000))} MB`
