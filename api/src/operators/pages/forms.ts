import { html } from 'ghtml'
import type { Html } from './layout.ts'

/** A form behind a summary, so that each act takes two steps. `fields` is markup. */
export function actForm(about: { action: string; act: string; label: string; csrf: string; fields: Html }): Html {
  const { action, act, label, csrf, fields } = about
  return html`<details>
    <summary>${label}</summary>
    <form method="post" action="${action}">
      <input type="hidden" name="csrf" value="${csrf}" /><input type="hidden" name="act" value="${act}" />
      !${fields}
      <button type="submit">${label}</button>
    </form>
  </details>`
}

/** The reason that each act requires. */
export function reasonField(act: string): Html {
  const id = `reason-${act}`
  return html`<label for="${id}">Reason, for the audit log (no patient data)</label
    ><input id="${id}" name="reason" required maxlength="200" autocomplete="off" />`
}

/** A choice among values; '' is any. */
export function choice(name: string, label: string, values: readonly string[], chosen: string | undefined): Html {
  return html`<label
    >${label}
    <select name="${name}">
      <option value="">any</option>
      !${values.map((value) => html`<option !${value === chosen ? 'selected' : ''}>${value}</option>`)}
    </select></label
  >`
}
