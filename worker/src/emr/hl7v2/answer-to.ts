import type { Site } from './options.ts'
import { Segment, writeMessage } from './segment.ts'
import { parseElement } from './element.ts'
import { timeStamp } from './time-stamp.ts'

/**
 * The commit acknowledgement (CA) of an answer whose MSH-15 requests one, as in enhanced mode. Its MSH-10 is that of
 * the message it answers, since nobody has to look it up.
 */
export function answerTo(
  { controlId, version }: { controlId: string; version: string },
  site: Site,
  now: Date,
): Buffer {
  const header = new Segment('MSH')
  const answer = new Segment('MSA')
  const texts = {
    3: site.sendingApplication,
    4: site.sendingFacility,
    5: site.receivingApplication,
    6: site.receivingFacility,
  }
  for (const [field, text] of Object.entries(texts)) {
    for (const [part, value] of text.split('^').entries()) put(header, `MSH-${field}.${part + 1}`, value)
  }
  put(header, 'MSH-7', timeStamp(now.toISOString(), site))
  put(header, 'MSH-9', 'ACK')
  put(header, 'MSH-10', controlId)
  put(header, 'MSH-11', site.processingId)
  put(header, 'MSH-12', version || site.versionId)
  put(answer, 'MSA-1', 'CA')
  put(answer, 'MSA-2', controlId)
  return writeMessage([header, answer], 'ASCII')
}

function put(segment: Segment, element: string, value: string): void {
  segment.set(parseElement(element), 0, value)
}
