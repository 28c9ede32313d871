/** One answer of the desk, read to its end. */
export interface DeskAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where a redirect leads, as a path of the desk. */
  readonly location: string | undefined;
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

/** A browser without scripts: cookies, forms, redirects; follows none of them by itself. */
export interface DeskClient {
  readonly origin: string;
  /** What the next request sends, `name=value`. */
  cookie(): string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<DeskAnswer>;
  /** Follows redirects, as a person sees it. */
  open(path: string): Promise<DeskAnswer>;
  /** Posts fields as a form of the desk's own page does. */
  post(path: string, fields: Fields, options?: PostOptions): Promise<DeskAnswer>;
  /** Opens `page`, takes its hidden fields (once tokens and versions) from the form with this action, and posts. */
  submit(page: string, action: string, fields: Fields): Promise<DeskAnswer>;
  /** As `submit`, then follows where it leads. */
  submitAndOpen(page: string, action: string, fields: Fields): Promise<DeskAnswer>;
  fetch(path: string, init: RequestInit): Promise<Response>;
  signIn(user: { readonly login: string; readonly password: string }): Promise<DeskAnswer>;
}

export type Fields = Readonly<Record<string, string | readonly string[]>>;

const redirectsMax = 5;

export function openClient(origin: string): DeskClient {
  const cookies = new Map<string, string>();
  const cookie = (): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = { cookie: cookie(), ...(init.headers as Record<string, string> | undefined) };
    const answer = await fetch(new URL(path, origin), { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  };
  const read = async (answer: Response): Promise<DeskAnswer> => {
    const location = answer.headers.get('location') ?? undefined;
    const { status, headers } = answer;
    return { status, headers, text: await answer.text(), location };
  };
  const get: DeskClient['get'] = async (path, headers) =>
    await read(await send(path, headers === undefined ? {} : { headers }));
  const open = async (path: string): Promise<DeskAnswer> => {
    let answer = await get(path);
    for (let i = 0; answer.location !== undefined && i < redirectsMax; i += 1) answer = await get(answer.location);
    return answer;
  };
  const post: DeskClient['post'] = async (path, fields, options = {}) => {
    const headers = {
      origin,
      'sec-fetch-site': 'same-origin',
      referer: new URL(path, origin).href,
      ...options.headers,
    };
    return await read(await send(path, { method: 'POST', body: encode(fields), headers }));
  };
  const submit: DeskClient['submit'] = async (page, action, fields) => {
    const answer = await open(page);
    const hidden = hiddenFields(answer.text, action);
    return await post(action, { ...hidden, ...fields }, { headers: { referer: new URL(page, origin).href } });
  };
  return {
    origin,
    cookie,
    get,
    open,
    post,
    submit,
    submitAndOpen: async (page, action, fields) => {
      const answer = await submit(page, action, fields);
      return answer.location === undefined ? answer : await open(answer.location);
    },
    fetch: send,
    signIn: async ({ login, password }) => {
      const answer = await submit('/sign-in', '/sign-in', { login, password });
      if (answer.status !== 303) throw new Error(`signing in ended with ${answer.status}`);
      return answer;
    },
  };
}

function encode(fields: Fields): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, given] of Object.entries(fields))
    for (const value of typeof given === 'string' ? [given] : given) body.append(name, value);
  return body;
}

/** The hidden fields of the form of a page that posts to `action`. */
export function hiddenFields(html: string, action: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, attributes = '', content = ''] of html.matchAll(/<form\b([^>]*)>([^]*?)<\/form>/g)) {
    if (unescape(/\baction="([^"]*)"/.exec(attributes)?.[1] ?? '') !== action) continue;
    for (const [input] of content.matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)) {
      const name = unescape(/\bname="([^"]*)"/.exec(input)?.[1] ?? '');
      fields[name] = unescape(/\bvalue="([^"]*)"/.exec(input)?.[1] ?? '');
    }
  }
  return fields;
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** Text as it stood before it was put into a page. */
export function unescape(html: string): string {
  return html.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
}
