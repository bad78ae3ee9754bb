import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import { emrSystems } from '@encounter-gateway/shared/contract/emr-system.ts'
import { JobStatus } from '@encounter-gateway/shared/contract/job.ts'
import { html } from 'ghtml'
import type { JobDetail, JobSelection, OperatorJob } from '../api/schemas.ts'
import type { BulkResult } from '../job-acts.ts'
import { mayDo } from '../rights.ts'
import { actForm, choice, reasonField } from './forms.ts'
import { pageOf, type Html } from './layout.ts'
import { clock, counted } from './words.ts'

const statuses = JobStatus['enum'] as string[]

type ListSeen = {
  operator: Operator
  csrf: string
  jobs: readonly OperatorJob[]
  selection: JobSelection
  cursor: string | undefined
  applications: readonly string[]
}

/** The jobs that match, and the acts on all of them. */
export function jobsPage({ operator, csrf, jobs, selection, cursor, applications }: ListSeen): Html {
  const { Status, EMRSystem, Application, EmrInstance = '', StatusCode } = selection
  return pageOf(operator, {
    title: 'Jobs',
    here: '/admin/jobs',
    main: html`<h1>Jobs</h1>
      <form class="filters" action="/admin/jobs">
        !${choice('Status', 'Status', statuses, Status)} !${choice('EMRSystem', 'EMR', emrSystems, EMRSystem)}
        <label>Instance <input name="EmrInstance" maxlength="64" value="${EmrInstance}" /></label>
        !${choice('Application', 'Application', applications, Application)}
        <label
          >Code
          <input name="StatusCode" inputmode="numeric" pattern="[0-9]{3}" maxlength="3" value="${StatusCode ?? ''}"
        /></label>
        <button type="submit">Show</button>
      </form>
      !${jobTable(jobs)}
      !${cursor ? html`<p><a href="/admin/jobs?${queryOf(selection, { Cursor: cursor })}">Older jobs</a></p>` : ''}
      !${mayDo(operator, 'act') ? bulkForms(selection, csrf) : ''}`,
  })
}

/** The confirmation of a bulk act, with the number of jobs. */
export function confirmPage(about: {
  operator: Operator
  csrf: string
  act: 'Retry' | 'Cancel'
  selection: JobSelection
  found: BulkResult
}): Html {
  const { operator, csrf, act, selection, found } = about
  const which = Object.entries(selection).map(([name, value]) => `${name} ${String(value)}`)
  return pageOf(operator, {
    title: `${act} jobs`,
    here: '/admin/jobs',
    main: html`<h1>${act} ${counted(found.Count, 'job', 'jobs')}?</h1>
      <p>
        ${which.length > 0 ? `Those with ${which.join(', ')}.` : 'All jobs.'}
        ${found.More ? 'More match: repeat it for the rest.' : ''}
      </p>
      <form class="narrow" method="post" action="/admin/jobs">
        <input type="hidden" name="csrf" value="${csrf}" /><input type="hidden" name="act" value="${act}" /><input
          type="hidden"
          name="expect"
          value="${found.Expect ?? ''}"
        />
        !${hiddenSelection(selection)} !${reasonField(act)}
        <button type="submit">${act} ${counted(found.Count, 'job', 'jobs')}</button>
        <a href="/admin/jobs?${queryOf(selection)}">Back</a>
      </form>`,
  })
}

/** One job: when what happened to it, and what can be done. */
export function jobPage({ operator, csrf, job }: { operator: Operator; csrf: string; job: JobDetail }): Html {
  const facts: [string, string | number | undefined][] = [
    ['Status', job.Status],
    ['Code', job.StatusCode],
    ['Problem', job.Problem],
    ['Connection', `${job.EMRSystem} ${job.EmrInstance}`],
    ['Application', job.Application],
    ['Batch', job.BatchId],
    ['Item', job.ItemIndex],
    ['Attempts', job.Attempts === undefined ? undefined : `${job.Attempts} of ${job.MaxAttempts}`],
  ]
  return pageOf(operator, {
    title: job.JobId,
    here: '/admin/jobs',
    main: html`<h1>Job <code>${job.JobId}</code></h1>
      <dl class="figures">
        !${facts.flatMap(([term, value]) =>
          value === undefined
            ? []
            : [
                html`<div>
                  <dt>${term}</dt>
                  <dd>${value}</dd>
                </div>`,
              ],
        )}
      </dl>
      <section aria-labelledby="timeline">
        <h2 id="timeline">Timeline</h2>
        <ol class="timeline">
          !${job.Timeline.map(
            ({ At, Event, StatusCode, Round, Attempts }) =>
              html`<li>
                <time datetime="${At}">${At}</time> <b>${Event}</b> ${StatusCode ?? ''}
                ${Round === undefined ? '' : `round ${Round}`}
                ${Attempts === undefined ? '' : counted(Attempts, 'attempt', 'attempts')}
              </li>`,
          )}
        </ol>
      </section>
      !${mayDo(operator, 'act') ? actsOn(job, csrf) : ''}`,
  })
}

/** Jobs whose encounter the EMR may or may not have. */
export function inDoubtPage(about: Omit<ListSeen, 'applications'>): Html {
  const { operator, csrf, jobs, selection, cursor } = about
  const lines = jobs.map(
    (job) =>
      html`<tr>
        <th scope="row"><a href="/admin/jobs/${job.JobId}">${job.JobId}</a></th>
        <td>${job.EMRSystem} ${job.EmrInstance}</td>
        <td>${job.Application}</td>
        <td>${job.FinishedAt ? clock(job.FinishedAt) : ''}</td>
        !${mayDo(operator, 'act') ? html`<td>!${resolveForms(job, csrf)}</td>` : ''}
      </tr>`,
  )
  return pageOf(operator, {
    title: 'In doubt',
    here: '/admin/in-doubt',
    main: html`<h1>In doubt</h1>
      <p>The EMR may have these encounters. Look each one up there by its JobId, then record what you found.</p>
      !${
        jobs.length === 0
          ? '<p>None.</p>'
          : html`<section aria-label="Jobs in doubt">
              <div class="wide" tabindex="0" role="region" aria-label="Jobs in doubt, table">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Job</th>
                      <th scope="col">Connection</th>
                      <th scope="col">Application</th>
                      <th scope="col">Since</th>
                      !${mayDo(operator, 'act') ? '<th scope="col">What the EMR has</th>' : ''}
                    </tr>
                  </thead>
                  <tbody>
                    !${lines}
                  </tbody>
                </table>
              </div>
            </section>`
      }
      !${cursor ? html`<p><a href="/admin/in-doubt?${queryOf(selection, { Cursor: cursor })}">Older jobs</a></p>` : ''}`,
  })
}

function jobTable(jobs: readonly OperatorJob[]): Html {
  if (jobs.length === 0) return '<p>No job on this page matches.</p>'
  return html`<section aria-label="Jobs">
    <div class="wide" tabindex="0" role="region" aria-label="Jobs, table">
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Status</th>
            <th scope="col">Connection</th>
            <th scope="col">Application</th>
            <th scope="col">Created</th>
            <th scope="col">Ended</th>
            <th scope="col" class="n">Attempts</th>
          </tr>
        </thead>
        <tbody>
          !${jobs.map(
            (job) =>
              html`<tr>
                <th scope="row"><a href="/admin/jobs/${job.JobId}">${job.JobId}</a></th>
                <td>${job.Status} ${job.StatusCode ?? ''}<small>${job.Problem ?? ''}</small></td>
                <td>${job.EMRSystem} ${job.EmrInstance}</td>
                <td>${job.Application}</td>
                <td>${job.CreatedAt ? clock(job.CreatedAt) : ''}</td>
                <td>${job.FinishedAt ? clock(job.FinishedAt) : ''}</td>
                <td class="n">${job.Attempts ?? ''}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

function bulkForms(selection: JobSelection, csrf: string): Html {
  const form = (act: string) =>
    html`<form method="post" action="/admin/jobs">
      <input type="hidden" name="csrf" value="${csrf}" /><input
        type="hidden"
        name="act"
        value="${act}"
      />!${hiddenSelection(selection)}<button type="submit" class="quiet">${act} all that match …</button>
    </form>`
  return html`<div class="bulk">!${form('Retry')}!${form('Cancel')}</div>`
}

function actsOn(job: JobDetail, csrf: string): Html {
  const action = `/admin/jobs/${job.JobId}`
  const form = (act: string) => actForm({ action, act, label: act, csrf, fields: reasonField(act) })
  const canRetry = ['Failed', 'Cancelled', 'Expired', 'OutcomeUnknown'].includes(job.Status)
  const canCancel = ['Queued', 'Retrying', 'Parked'].includes(job.Status)
  return html`<section aria-labelledby="acts">
    <h2 id="acts">Acts</h2>
    <div class="orders">
      !${canRetry ? form('Retry') : ''}!${canCancel ? form('Cancel') : ''}!${
        job.Status === 'OutcomeUnknown' ? resolveForms(job, csrf) : ''
      }
    </div>
  </section>`
}

function resolveForms({ JobId }: OperatorJob, csrf: string): Html {
  const action = `/admin/jobs/${JobId}`
  const id = `encounter-${JobId}`
  const reason = (act: string) => reasonField(`${act}-${JobId}`)
  return html`!${actForm({
    action,
    act: 'Created',
    label: 'It is there',
    csrf,
    fields: html`<label for="${id}">EncounterId in the EMR</label
      ><input id="${id}" name="encounterId" required maxlength="200" autocomplete="off" />!${reason('Created')}`,
  })}!${actForm({ action, act: 'Send', label: 'It is not there: send it', csrf, fields: reason('Send') })}!${actForm({
    action,
    act: 'Fail',
    label: 'It is not there: fail it',
    csrf,
    fields: reason('Fail'),
  })}`
}

function hiddenSelection(selection: JobSelection): Html {
  return Object.entries(selection)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${String(value)}" />`)
    .join('')
}

function queryOf(selection: JobSelection, more: Record<string, string> = {}): string {
  const set = Object.entries({ ...selection, ...more }).filter(([, value]) => value !== undefined && value !== '')
  return new URLSearchParams(Object.fromEntries(set.map(([name, value]) => [name, String(value)]))).toString()
}
