import type { Answer } from './answer.ts';
import type { Visit } from './visit.ts';

/** Leaves the work of a form so that it may be sent again; it never passes `submitOnce`. */
class FormRefused extends Error {
  override readonly name = 'FormRefused';
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('the form was refused');
    this.answer = answer;
  }
}

/**
 * Does the work of a form once: a place is where the form leads, also when it is sent twice; an answer is the form again
 * with what is wrong, and the same form may then be sent anew.
 */
export async function submitOnce(visit: Visit, work: () => Promise<string | Answer>): Promise<Answer> {
  try {
    return await visit.once(async () => {
      const done = await work();
      if (typeof done === 'string') return done;
      throw new FormRefused(done);
    });
  } catch (error) {
    if (error instanceof FormRefused) return error.answer;
    throw error;
  }
}
