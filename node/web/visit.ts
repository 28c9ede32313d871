import type { HttpBindings } from '@hono/node-server';
import { utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { Session, SignedInUser } from '../accounts/accounts.ts';
import type { Role } from '../accounts/roles.ts';
import type { ByteStream } from '../platform/files.ts';
import { OperationError } from '../platform/operation-error.ts';
import { seeOther } from './answer.ts';
import type { DeskServices } from './desk-services.ts';
import { draftKeyOf } from './draft-key.ts';
import { isSecretField, readForm, strangersFormBytesMax, type FormFields } from './http/form.ts';
import { readMultipart, type FilePart } from './http/multipart.ts';
import type { RouteName } from './route-table.ts';

/** One request of a person to a route of the table, who has been let in. */
export class Visit {
  readonly route: RouteName;
  readonly method: string;
  /** Path and query as asked. */
  readonly target: string;
  readonly query: URLSearchParams;
  readonly now: Instant;
  readonly session: Session | undefined;
  /** Where the request comes from, for back-off. */
  readonly address: string;
  /** What the person had typed when the session ended: fill the form with it (Node §13.3). */
  readonly draft: FormFields | undefined;
  readonly incoming: HttpBindings['incoming'];
  readonly #params: Readonly<Record<string, string>>;
  readonly #desk: DeskServices;
  #form: Promise<FormFields> | undefined;

  constructor(facts: VisitFacts) {
    this.route = facts.route;
    this.incoming = facts.incoming;
    this.method = facts.incoming.method ?? 'GET';
    this.target = facts.target;
    this.query = new URL(facts.target, 'http://desk.invalid').searchParams;
    this.now = facts.now;
    this.session = facts.session;
    const { socket, headers } = facts.incoming;
    this.address = facts.desk.clientAddress(socket.remoteAddress, headers['x-forwarded-for']);
    this.draft = facts.draft;
    this.#params = facts.params;
    this.#desk = facts.desk;
    this.#form = facts.form === undefined ? undefined : Promise.resolve(facts.form);
  }

  /** Who has signed in; routes for `anyone` ask `session` instead. */
  get user(): SignedInUser {
    if (this.session === undefined)
      throw new TypeError(`the route ${this.route} is open to anyone: nobody need be signed in`);
    return this.session.user;
  }

  is(...roles: readonly Role[]): boolean {
    return this.session !== undefined && roles.some((role) => this.session?.user.roles.includes(role));
  }

  param(name: string): string {
    return this.#params[name] ?? '';
  }

  header(name: string): string | undefined {
    const value = this.incoming.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** The body as it comes from the socket, in pieces. */
  body(): ByteStream {
    return bytesOf(this.incoming);
  }

  /** The fields of a posted form; read once. */
  form(): Promise<FormFields> {
    const bytesMax = this.session === undefined ? strangersFormBytesMax : undefined;
    this.#form ??= readForm(this.header('content-type') ?? '', this.body(), bytesMax);
    return this.#form;
  }

  /** The fields, where they were read: what an error page gives back. */
  async formRead(): Promise<FormFields | undefined> {
    return await this.#form?.catch(() => undefined);
  }

  /** A form with files, each as a stream (RFC 7578). */
  parts(onFile: (file: FilePart, fieldsBefore: FormFields) => Promise<void>): Promise<FormFields> {
    return readMultipart(this.incoming, onFile);
  }

  /**
   * Does what a form asks once: the same form sent again (`<Once/>`, double submit, back button) leads to where the first
   * one led. `work` returns that place. Gone back to, changed and sent again it is refused, so that no change gets lost.
   */
  async once(work: () => Promise<string>): Promise<Response> {
    const form = await this.form();
    const token = form.get('once');
    if (!onceForm.test(token))
      throw new OperationError(
        'invalid',
        'form-broken',
        'The form did not arrive whole. Nothing was saved: open the page again.',
      );
    const location = await this.#desk.once.run(this.user.id, token, work, digestOf(form));
    await this.#forgetDraft();
    return seeOther(location);
  }

  /** The form succeeded: what was kept of it while it was typed is kept no longer. */
  async #forgetDraft(): Promise<void> {
    const from = URL.parse(this.header('referer') ?? '');
    if (from !== null) await this.#desk.drafts.remove(this.user.id, draftKeyOf(from.pathname + from.search));
  }
}

/** Tells two contents of a form apart, without its secrets. */
function digestOf(form: FormFields): string {
  const fields = form.entries().filter(([name]) => name !== 'once' && !isSecretField(name));
  return sha256(utf8(JSON.stringify(fields))).toHex();
}

const onceForm = /^[0-9a-f-]{36}$/;

export interface VisitFacts {
  readonly route: RouteName;
  readonly target: string;
  readonly params: Readonly<Record<string, string>>;
  readonly now: Instant;
  readonly session: Session | undefined;
  readonly draft: FormFields | undefined;
  readonly form: FormFields | undefined;
  readonly incoming: HttpBindings['incoming'];
  readonly desk: DeskServices;
}

async function* bytesOf(incoming: HttpBindings['incoming']): ByteStream {
  for await (const piece of incoming as AsyncIterable<Buffer>)
    yield new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
}
