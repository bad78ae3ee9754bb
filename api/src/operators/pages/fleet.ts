import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { AuditRecord } from '@encounter-gateway/shared/records/audit.ts'
import type { SeenProcess } from '@encounter-gateway/shared/records/fleet.ts'
import { html } from 'ghtml'
import { pageOf, type Html } from './layout.ts'
import { ago, clock } from './words.ts'

/** The processes of the gateway, and where to look for what these pages do not show. */
export function fleetPage({ operator, processes }: { operator: Operator; processes: readonly SeenProcess[] }): Html {
  const lines = processes.map(
    (each) =>
      html`<tr>
        <th scope="row">${each.Kind}</th>
        <td>${each.Alive ? 'alive' : `no sign of life for ${ago(each.SeenAt)}`}</td>
        <td>${each.Host}</td>
        <td class="n">${each.Pid}</td>
        <td>${each.Version}</td>
        <td><code>${each.Configuration}</code></td>
        <td>${clock(each.StartedAt)}</td>
      </tr>`,
  )
  return pageOf(operator, {
    title: 'Fleet',
    here: '/admin/fleet',
    main: html`<h1>Fleet</h1>
      <section aria-label="Processes">
        <div class="wide" tabindex="0" role="region" aria-label="Processes, table">
          <table>
            <thead>
              <tr>
                <th scope="col">Process</th>
                <th scope="col">State</th>
                <th scope="col">Host</th>
                <th scope="col" class="n">Pid</th>
                <th scope="col">Version</th>
                <th scope="col">Configuration</th>
                <th scope="col">Started</th>
              </tr>
            </thead>
            <tbody>
              !${lines}
            </tbody>
          </table>
        </div>
      </section>
      <ul class="places">
        <li>
          <a href="/admin/queues">Raw queues</a>: BullMQ's own view of each connection, read-only. It shows neither
          batch items that wait for their turn nor outcomes; the pages here do.
        </li>
        <li><a href="/docs">API reference</a></li>
        <li><a href="/metrics">Metrics</a></li>
        <li><a href="/readyz">Readiness</a></li>
      </ul>`,
  })
}

/** The audit log, newest first. */
export function auditPage(about: {
  operator: Operator
  entries: readonly AuditRecord[]
  cursor: string | undefined
}): Html {
  const { operator, entries, cursor } = about
  const lines = entries.map((each) => {
    const what = [each.EMRSystem && `${each.EMRSystem} ${each.EmrInstance}`, each.JobId, each.About].filter(Boolean)
    const change = each.Before === undefined ? '' : `${each.Before} → ${each.After ?? ''}`
    return html`<tr>
      <td>${each.At}</td>
      <th scope="row">${each.Actor}<small>${each.Role ?? each.Kind} ${each.From ?? ''}</small></th>
      <td>${each.Action}</td>
      <td>${what.join(' · ')}</td>
      <td>${change}</td>
      <td>${each.Reason ?? ''}</td>
    </tr>`
  })
  return pageOf(operator, {
    title: 'Audit',
    here: '/admin/audit',
    main: html`<h1>Audit</h1>
      <section aria-label="Entries">
        <div class="wide" tabindex="0" role="region" aria-label="Entries, table">
          <table>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">Act</th>
                <th scope="col">On</th>
                <th scope="col">Change</th>
                <th scope="col">Reason</th>
              </tr>
            </thead>
            <tbody>
              !${lines}
            </tbody>
          </table>
        </div>
      </section>
      !${cursor ? html`<p><a href="/admin/audit?Cursor=${cursor}">Older entries</a></p>` : ''}`,
  })
}

/** What went wrong with a request, and the way back. */
export function mistakePage({ operator, title, detail }: { operator: Operator; title: string; detail: string }): Html {
  return pageOf(operator, {
    title,
    here: '',
    main: html`<h1>${title}</h1>
      <p class="mistake" role="alert">${detail}</p>
      <p><a href="/admin">Now</a></p>`,
  })
}
