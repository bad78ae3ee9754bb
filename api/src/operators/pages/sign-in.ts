import { html } from 'ghtml'
import { documentOf, type Html } from './layout.ts'

/** The sign-in form; `next` is the path to continue to, `mistake` the error of the previous try. */
export function signInPage({ next, mistake }: { next: string; mistake?: string }): Html {
  const told = mistake ? html`<p class="mistake" id="mistake" role="alert">${mistake}</p>` : ''
  const described = mistake ? 'aria-describedby="mistake" aria-invalid="true"' : ''
  return documentOf(
    'Sign in',
    html`<main class="narrow">
      <h1>Encounter Gateway</h1>
      <p>Sign in to see connections, jobs and failures. No patient data is shown.</p>
      !${told}
      <form method="post" action="/admin/login">
        <input type="hidden" name="next" value="${next}" />
        <label for="name">Operator name</label>
        <input
          id="name"
          name="name"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          autofocus
          !${described}
        />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required !${described} />
        <button type="submit">Sign in</button>
      </form>
    </main>`,
  )
}
