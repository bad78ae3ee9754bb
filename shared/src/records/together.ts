/** Questions in one call at most: Redis does nothing else while it answers them. */
const AT_ONCE = 100

/**
 * Puts together what is asked in one turn of the event loop, so that it costs one round trip, one script and one sync to disk.
 * `ask` gives the answers in the order of the questions; an answer that is an error goes to whoever asked that question, and
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

  function sendAll(): void {
    const all = waiting
    waiting = []
    for (let first = 0; first < all.length; first += AT_ONCE) void send(all.slice(first, first + AT_ONCE))
  }

  return (question) =>
    new Promise((resolve, reject) => {
      // an immediate runs once every socket that had something has been read
      if (waiting.push({ question, resolve, reject }) === 1) setImmediate(sendAll)
    })
}
