import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import { html } from 'ghtml'
import type { ConnectionDetail } from '../api/schemas.ts'
import { mayDo } from '../rights.ts'
import { history } from './charts.ts'
import { actForm, reasonField } from './forms.ts'
import { pageOf, type Html } from './layout.ts'
import { markOf, stateNotes } from './now.ts'
import { ago, duration, number, seconds } from './words.ts'

/** What is known of one connection, and what can be ordered. */
export function connectionPage({
  operator,
  csrf,
  detail,
}: {
  operator: Operator
  csrf: string
  detail: ConnectionDetail
}): Html {
  const name = `${detail.EMRSystem} ${detail.EmrInstance}`
  return pageOf(operator, {
    title: name,
    here: '/admin',
    isLive: true,
    main: html`<div id="live">
        <h1>${name}</h1>
        <section class="${detail.State.toLowerCase()}" aria-label="State">
          <div class="state pad">
            <span class="mark" aria-hidden="true">${markOf[detail.State]}</span
            ><span><b>${detail.State}</b>!${stateNotes(detail)}</span>
          </div>
        </section>
        <dl class="figures">
          !${figuresOf(detail).map(
            ([term, value]) =>
              html`<div>
                <dt>${term}</dt>
                <dd>${value}</dd>
              </div>`,
          )}
        </dl>
        <section aria-labelledby="history">
          <h2 id="history">48 hours</h2>
          <div class="pad">!${history(detail.Minutes)}</div>
        </section>
        <section aria-labelledby="applications">
          <h2 id="applications">Who fills it</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">Application</th>
                <th scope="col" class="n">Waiting</th>
              </tr>
            </thead>
            <tbody>
              !${detail.Applications.map(
                (each) =>
                  html`<tr>
                    <th scope="row">${each.Name === '' ? '(unknown)' : each.Name}</th>
                    <td class="n">${number(each.Pending)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </section>
      </div>
      !${mayDo(operator, 'act') ? ordersOf(detail, csrf) : ''}`,
  })
}

function figuresOf(detail: ConnectionDetail): [string, string][] {
  const { Configured } = detail
  const inForce = (now: number, configured: number) =>
    now === configured ? number(now) : `${number(now)} (configured: ${number(configured)})`
  return [
    ['Waiting', number(detail.Pending)],
    ['Oldest', detail.OldestPendingAt ? ago(detail.OldestPendingAt) : '—'],
    ['Running', number(detail.Running)],
    ['Parked', number(detail.Parked)],
    ['In doubt', number(detail.InDoubt)],
    ['In per minute', number(detail.AcceptedPerMinute)],
    ['Out per minute', number(detail.EndedPerMinute)],
    ['Empty in', detail.EmptyInSeconds === undefined ? '—' : duration(detail.EmptyInSeconds * 1000)],
    ['p95', detail.P95Ms === undefined ? '—' : seconds(detail.P95Ms)],
    ['Concurrency', inForce(detail.Concurrency, Configured.Concurrency)],
    ['Per second', inForce(detail.RequestsPerSecond, Configured.RequestsPerSecond)],
    ['Workers', number(detail.Workers)],
  ]
}

function ordersOf(detail: ConnectionDetail, csrf: string): Html {
  const action = `/admin/connections/${detail.EMRSystem}/${detail.EmrInstance}`
  const form = (act: string, label: string, fields: Html = '') =>
    actForm({ action, act, label, csrf, fields: `${fields}${reasonField(act)}` })
  const { Configured } = detail
  return html`<section aria-labelledby="orders">
    <h2 id="orders">Orders</h2>
    <div class="orders">
      !${form('Pause', 'Pause', html`<label for="until">For how many minutes (empty: until resumed)</label><input id="until" name="minutes" inputmode="numeric" pattern="[0-9]{1,5}" />`)}
      !${form('Resume', 'Resume')} !${form('Drain', 'Drain')}
      !${form('Hold', 'Hold', html`<label for="seconds">For how many seconds</label><input id="seconds" name="seconds" inputmode="numeric" pattern="[0-9]{1,5}" value="300" required />`)}
      !${form('Release', 'Release')}
      !${form(
        'Limits',
        'Set limits',
        html`<label for="concurrency">Concurrency (empty: ${Configured.Concurrency}, as configured)</label
          ><input id="concurrency" name="concurrency" inputmode="numeric" pattern="[0-9]{1,5}" />
          <label for="rps">Requests per second (empty: ${Configured.RequestsPerSecond}, as configured)</label
          ><input id="rps" name="requestsPerSecond" inputmode="numeric" pattern="[0-9]{1,6}" />`,
      )}
    </div>
  </section>`
}
