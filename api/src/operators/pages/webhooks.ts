import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import { html } from 'ghtml'
import type { EndpointRow, OperatorDelivery } from '../api/webhook-schemas.ts'
import { mayDo } from '../rights.ts'
import { actForm, choice, reasonField } from './forms.ts'
import { pageOf, type Html } from './layout.ts'
import { ago, clock, counted, duration, number, seconds } from './words.ts'

const marks: Record<EndpointRow['State'], string> = { Enabled: '●', Failing: '✕', Disabled: '∅' }

/** The endpoints of all applications, those in trouble first. */
export function webhooksPage(about: { operator: Operator; rows: readonly EndpointRow[]; more: number }): Html {
  const { operator, rows, more } = about
  return pageOf(operator, {
    title: 'Webhooks',
    here: '/admin/webhooks',
    isLive: true,
    main: html`<div id="live">
      <h1>!${endpointsHeadline(rows)}</h1>
      !${rows.length === 0 ? '<p>No application has a webhook endpoint.</p>' : endpointSection(rows)}
      ${more > 0 ? `${counted(more, 'endpoint is', 'endpoints are')} left out, all less in trouble.` : ''}
    </div>`,
  })
}

/** A table of endpoints. */
export function endpointSection(rows: readonly EndpointRow[]): Html {
  return html`<section aria-labelledby="endpoints">
    <h2 id="endpoints">Webhook endpoints, by trouble</h2>
    <div class="wide" tabindex="0" role="region" aria-label="Webhook endpoints">
      <table>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Endpoint</th>
            <th scope="col" class="n">Waiting</th>
            <th scope="col" class="n">Given up</th>
            <th scope="col">Last success</th>
            <th scope="col">Next</th>
          </tr>
        </thead>
        <tbody>
          !${rows.map(endpointLine)}
        </tbody>
      </table>
    </div>
  </section>`
}

/** One sentence about what is wrong with the endpoints, or that nothing is. */
export function endpointsHeadline(rows: readonly EndpointRow[]): Html {
  const bad = rows.filter(isTroubled)
  const wait = rows.reduce((sum, { Pending }) => sum + Pending, 0)
  const waits = counted(wait, 'message waits', 'messages wait')
  if (bad.length === 0) return html`All webhook endpoints are well: ${waits}.`
  const sentences = bad.slice(0, 3).map(endpointSentence)
  const more = bad.length - sentences.length
  return `${sentences.join(' ')}${more > 0 ? html` ${counted(more, 'more is', 'more are')} in trouble.` : ''}`
}

/** `Webhooks of portal have failed since 00:05`. */
export function endpointSentence({ Application, Origin, State, Since, Pending }: EndpointRow): Html {
  const since = Since ? ` since ${clock(Since)}` : ''
  const what = State === 'Failing' ? 'have failed' : 'have been stopped by failures'
  const where = Origin ? ` (${Origin.replace(/^https?:\/\//, '')})` : ''
  return html`<em>Webhooks of ${Application}${where} ${what}${since}</em>:
    ${counted(Pending, 'message waits', 'messages wait')}.`
}

/** Whether an endpoint needs someone's attention: not if it was disabled by order. */
export function isTroubled({ State, ByOrder }: EndpointRow): boolean {
  return State !== 'Enabled' && !ByOrder
}

function pathOf({ Application, EndpointId }: Pick<EndpointRow, 'Application' | 'EndpointId'>): string {
  return `/admin/webhooks/${Application}/${EndpointId}`
}

function rowClass(row: EndpointRow): string {
  if (row.ByOrder) return 'paused'
  return { Enabled: 'healthy', Failing: 'sick', Disabled: 'noworkers' }[row.State]
}

function notesOf({ Since, Reason, Missed }: EndpointRow): Html {
  const notes = [
    Since && `since ${clock(Since)}, ${ago(Since)}`,
    Reason,
    Missed && `${counted(Missed, 'message', 'messages')} no longer kept`,
  ]
  return notes.map((note) => (note ? html`<small>${note}</small>` : '')).join('')
}

function nextFor({ State, ByOrder, Pending }: EndpointRow): string {
  if (State === 'Disabled') return ByOrder ? 'until it is enabled' : 'enable it once it answers again'
  if (State === 'Failing') return 'tried again with a growing pause'
  return Pending > 0 ? 'being sent' : ''
}

function endpointLine(row: EndpointRow): Html {
  return html`<tr class="${rowClass(row)}">
    <td class="state">
      <span class="mark" aria-hidden="true">${marks[row.State]}</span><span><b>${row.State}</b>!${notesOf(row)}</span>
    </td>
    <th scope="row">
      <a href="${pathOf(row)}">${row.Application} <span>${row.EndpointId}</span></a
      ><small>${row.Origin ?? 'its sealing key is no longer configured'}</small>
    </th>
    <td class="n"><b>${number(row.Pending)}</b></td>
    <td class="n">
      !${row.DeadLetters > 0 ? html`<a class="doubt" href="${pathOf(row)}?Status=Failed" aria-label="${row.DeadLetters} given up">${number(row.DeadLetters)}</a>` : '0'}
    </td>
    <td>${row.LastSuccessAt ? `${ago(row.LastSuccessAt)} ago` : 'never'}</td>
    <td class="next">${nextFor(row)}</td>
  </tr>`
}

/** What is known of one endpoint, its deliveries with each try, and what can be ordered. */
export function endpointPage(about: {
  operator: Operator
  csrf: string
  row: EndpointRow
  deliveries: readonly OperatorDelivery[]
  status: string | undefined
  cursor: string | undefined
}): Html {
  const { operator, csrf, row, deliveries, status, cursor } = about
  const acts = mayDo(operator, 'act')
  const facts: [string, string][] = [
    ['Waiting', number(row.Pending)],
    ['Given up', number(row.DeadLetters)],
    ['Last success', row.LastSuccessAt ? `${ago(row.LastSuccessAt)} ago` : 'never'],
    ['Body', row.Body ?? '—'],
    ['Connections', row.Connections?.join(', ') ?? 'all'],
    ['Types', row.EventTypes?.join(', ') ?? 'all'],
  ]
  const query = new URLSearchParams({ ...(status && { Status: status }), ...(cursor && { Cursor: cursor }) })
  return pageOf(operator, {
    title: `Webhooks of ${row.Application}`,
    here: '/admin/webhooks',
    main: html`<h1>${row.Application} <code>${row.EndpointId}</code></h1>
      <section class="${rowClass(row)}" aria-label="State">
        <div class="state pad">
          <span class="mark" aria-hidden="true">${marks[row.State]}</span
          ><span><b>${row.State}</b>!${notesOf(row)}<small>${row.Origin ?? ''}</small></span>
        </div>
      </section>
      <dl class="figures">
        !${facts.map(
          ([term, value]) =>
            html`<div>
              <dt>${term}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      !${acts ? ordersOf(row, csrf) : ''}
      <h2 class="bare">Deliveries</h2>
      <form class="filters" action="${pathOf(row)}">
        !${choice('Status', 'Status', ['Waiting', 'Delivered', 'Failed'], status)}
        <button type="submit">Show</button>
      </form>
      !${deliveries.length === 0 ? '<p>No delivery on this page.</p>' : deliveryTable(row, deliveries, acts ? csrf : '')}
      !${cursor ? html`<p><a href="${pathOf(row)}?${query.toString()}">Older deliveries</a></p>` : ''}`,
  })
}

function deliveryTable(row: EndpointRow, deliveries: readonly OperatorDelivery[], csrf: string): Html {
  return html`<section aria-label="Deliveries">
    <div class="wide" tabindex="0" role="region" aria-label="Deliveries, table">
      <table>
        <thead>
          <tr>
            <th scope="col">Message</th>
            <th scope="col">Status</th>
            <th scope="col">Job or batch</th>
            <th scope="col">Made</th>
            <th scope="col">Tries</th>
            !${csrf ? '<th scope="col">Again</th>' : ''}
          </tr>
        </thead>
        <tbody>
          !${deliveries.map((each) => deliveryLine(row, each, csrf))}
        </tbody>
      </table>
    </div>
  </section>`
}

function deliveryLine(row: EndpointRow, each: OperatorDelivery, csrf: string): Html {
  const { MessageId, Type, Status, JobId, BatchId, CreatedAt, Tries } = each
  const about = JobId
    ? html`<a href="/admin/jobs/${JobId}">${JobId}</a>`
    : BatchId
      ? html`<a href="/admin/jobs?q=${BatchId}">${BatchId}</a>`
      : ''
  const resend = csrf
    ? actForm({
        action: pathOf(row),
        act: 'Resend',
        label: 'Resend',
        csrf,
        fields: html`<input type="hidden" name="message" value="${MessageId}" />!${reasonField(`resend-${MessageId}`)}`,
      })
    : ''
  return html`<tr>
    <th scope="row">${MessageId}<small>${Type}</small></th>
    <td>${Status}</td>
    <td>!${about}</td>
    <td>${clock(CreatedAt)}</td>
    <td>!${Tries.length === 0 ? 'none kept' : triesOf(Tries)}</td>
    !${csrf ? html`<td>!${resend}</td>` : ''}
  </tr>`
}

function triesOf(tries: OperatorDelivery['Tries']): Html {
  const last = tries.at(-1)
  const inShort = last?.Error ?? last?.StatusCode ?? ''
  return html`<details>
    <summary>${counted(tries.length, 'try', 'tries')}: ${inShort}</summary>
    <ol class="tries">
      !${tries.map(
        ({ At, DurationMs, StatusCode, Error, NextAt }) =>
          html`<li>
            <time datetime="${At}">${At}</time>, ${seconds(DurationMs)}: ${StatusCode ?? ''} ${Error ?? 'received'}
            ${NextAt ? `, next ${inTime(NextAt)}` : ''}
          </li>`,
      )}
    </ol>
  </details>`
}

function inTime(at: string): string {
  const left = Date.parse(at) - Date.now()
  return left > 0 ? `in ${duration(left)}` : clock(at)
}

function ordersOf(row: EndpointRow, csrf: string): Html {
  const action = pathOf(row)
  const form = (act: string, label: string) => actForm({ action, act, label, csrf, fields: reasonField(act) })
  return html`<section aria-labelledby="orders">
    <h2 id="orders">Orders</h2>
    <div class="orders">
      !${row.State === 'Disabled' ? form('Enable', 'Enable') : form('Disable', 'Disable')}
      <details>
        <summary>Recover</summary>
        <form method="post" action="${action}">
          <input type="hidden" name="csrf" value="${csrf}" /><input type="hidden" name="act" value="Recover" />
          <label for="hours">What it has not received in the last hours</label
          ><input id="hours" name="hours" inputmode="numeric" pattern="[0-9]{1,3}" value="24" required />
          <button type="submit">Count them</button>
        </form>
      </details>
    </div>
  </section>`
}

/** How many messages a recovery would send, and the order to send them. */
export function recoverPage(about: {
  operator: Operator
  csrf: string
  row: EndpointRow
  since: number
  found: { Count: number; Expect: string }
}): Html {
  const { operator, csrf, row, since, found } = about
  const messages = counted(found.Count, 'message', 'messages')
  return pageOf(operator, {
    title: `Recover ${messages}`,
    here: '/admin/webhooks',
    main: html`<h1>Send ${messages} to ${row.Application}?</h1>
      <p>
        Those since ${new Date(since).toISOString()} that <code>${row.EndpointId}</code> wants and has not received.
      </p>
      <form class="narrow" method="post" action="${pathOf(row)}">
        <input type="hidden" name="csrf" value="${csrf}" /><input type="hidden" name="act" value="Recover" />
        <input type="hidden" name="since" value="${since}" /><input
          type="hidden"
          name="expect"
          value="${found.Expect}"
        />
        !${reasonField('Recover')}
        <button type="submit">Send ${messages}</button>
        <a href="${pathOf(row)}">Back</a>
      </form>`,
  })
}
