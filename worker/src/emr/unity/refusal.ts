import { loginRefused, refused, brokenOff, EmrError } from '../emr-error.ts'

/** The token is no longer valid: another session may help, once. */
export class SessionEnded extends EmrError {
  override name = 'SessionEnded'
  constructor() {
    super(401, 'the EMR ended the session')
  }
}

const sessionOver = /logged out|inactivity|\btoken\b|not (been )?authenticated|GetUserAuthentication/i
const userRefused =
  /not (authori[sz]ed|permitted|allowed|licensed)|not valid for .{0,40}licen[cs]e|permission|access (is )?denied/i
const aboutLogin = /password|user ?name|log ?in|invalid user|user .{0,40}(not (found|valid)|inactive|disabled|locked)/i
const ownTrouble = /time-?d? ?-?out|deadlock|unavailable|could not connect|connection|transport|busy|try again/i

/**
 * The meaning of an error in an answer of status 200. Unity documents no codes, only texts such as `Magic Error - ...`:
 * they are searched for a few words and not passed on. An unknown one is about a parameter.
 */
export function refusalIn(text: string, writes: boolean): EmrError {
  if (sessionOver.test(text)) return new SessionEnded()
  if (userRefused.test(text)) return refused(403)
  if (aboutLogin.test(text)) return loginRefused()
  if (ownTrouble.test(text)) return brokenOff({ writes })
  return refused(400)
}

/** How Unity reports an empty list, in the versions that do not send an empty list. */
export const nothingFound = /no (encounters?|data|records?|results?|rows?) (was |were )?(found|returned|available)/i

/** The beginning of a row's STATUS that reports that nothing was done, such as `Critical: ...`. */
export const failed = /^\s*(critical|error|fail|invalid|magic error)/i
