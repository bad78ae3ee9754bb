/**
 * Questions in one call at most: Redis does nothing else while it answers them. Few enough that it begins while the rest of what came
 * is still being read here: with all of 64 in one call, each side waited while the other worked.
 */
const AT_ONCE = 16

/**
 * Puts together what is asked in one turn of the event loop, so that several questions cost one round trip, one script and one sync
 * to disk. `ask` gives the answers in the order of the questions; an answer that is an error goes to whoever asked that question, and
 * what `ask` throws goes to all of them.
 */
export function together<Question, Answer>(
  ask: (questions: Question[]) => Promise<(Answer | Error)[]>,
): (question: Question) => Promise<Answer> {
  type Asked = { question: Question; resolve: (answer: Answer) => void; reject: (error: unknown) => void }
  let waiting: Asked[] = []

  async function send(asked: Asked[]): Promise<void> {
    try {
      const answers = await ask(asked.map(({ question }) => question))
      for (const [at, { resolve, reject }] of asked.entries()) {
        const answer = answers[at] ?? new Error('Redis has not answered for each job')
        if (answer instanceof Error) reject(answer)
        else resolve(answer)
      }
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }

  function sendGathered(): void {
    const gathered = waiting
    waiting = []
    if (gathered.length > 0) void send(gathered)
  }

  return (question) =>
    new Promise((resolve, reject) => {
      const gathered = waiting.push({ question, resolve, reject })
      // an immediate runs once every socket that had something has been read
      if (gathered === 1) setImmediate(sendGathered)
      if (gathered === AT_ONCE) sendGathered()
    })
}
