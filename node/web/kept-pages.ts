import { toBase64Url } from '../../protocol/bytes.ts';
import type { Access } from './route.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';

/** So long a page that answered a form can be come back to. */
export const keptPageMsMax = 30 * 60_000;
/** For each session, and for everybody together who has not signed in. */
export const keptPagesMax = 16;
/** Of one page as it goes over the line; a longer one answers the form itself. */
export const keptPageBytesMax = 1024 * 1024;
/** Of all kept pages of a node: the oldest go first. */
export const keptBytesMax = 32 * 1024 * 1024;
/** The parameter of an address that asks for a kept page. */
export const keptParameter = 'kept';

const idBytes = 16;

/** The form that a page answered: who posted it, who may, and where. */
export interface PostedForm {
  /** `undefined` where nobody had signed in. */
  readonly session: string | undefined;
  readonly access: Access;
  /** Path and query as asked. */
  readonly target: string;
}

interface Kept {
  readonly id: string;
  readonly session: string | undefined;
  readonly access: Access;
  readonly path: string;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  readonly until: number;
}

/**
 * Pages that answered a posted form, kept for the request after the redirect (RFC 9110 §15.4.4): Back and Reload show
 * them again and post nothing twice. In memory alone and for the session that posted; what is no longer here is the page
 * without what was typed (Node §13.3).
 */
export class KeptPages {
  readonly #clock: Clock;
  readonly #random: Random;
  #pages: readonly Kept[] = [];

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Takes the page in and gives the answer that leads to it; cookies go out with that answer. */
  async keep({ session, access, target }: PostedForm, response: Response): Promise<Response> {
    const body = new Uint8Array(await response.arrayBuffer());
    if (body.length > keptPageBytesMax) return new Response(body, response);
    const { pathname, searchParams } = new URL(target, 'http://desk.invalid');
    const id = toBase64Url(this.#random.bytes(idBytes));
    const headers = [...response.headers].filter(([name]) => name !== 'set-cookie');
    const until = this.#clock.elapsedMs() + keptPageMsMax;
    this.#add({ id, session, access, path: pathname, status: response.status, headers, body, until });
    searchParams.set(keptParameter, id);
    const answer = new Response(null, { status: 303, headers: { location: `${pathname}?${searchParams.toString()}` } });
    for (const cookie of response.headers.getSetCookie()) answer.headers.append('set-cookie', cookie);
    return answer;
  }

  /** The page again, for the session and the path that it was kept for, where that session may still post there. */
  find(session: string | undefined, target: string, mayPost: (access: Access) => boolean): Response | undefined {
    const { pathname, searchParams } = new URL(target, 'http://desk.invalid');
    const id = searchParams.get(keptParameter);
    const found = this.#pages.find((page) => page.id === id && page.session === session && page.path === pathname);
    if (found === undefined || found.until <= this.#clock.elapsedMs() || !mayPost(found.access)) return undefined;
    return new Response(found.body, { status: found.status, headers: found.headers.map(([...pair]) => pair) });
  }

  #add(page: Kept): void {
    const now = this.#clock.elapsedMs();
    const own = this.#pages.filter(({ session }) => session === page.session);
    const surplus = new Set(own.slice(0, Math.max(0, own.length - keptPagesMax + 1)));
    const live = this.#pages.filter((each) => each.until > now && !surplus.has(each));
    let bytes = page.body.length;
    const newestFirst = live.toReversed().filter((each) => (bytes += each.body.length) <= keptBytesMax);
    this.#pages = [...newestFirst.toReversed(), page];
  }
}
