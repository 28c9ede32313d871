import { Fragment, type Child } from 'hono/jsx';
import type { ByteStream } from '../platform/files.ts';

/** What stands around a page: its title, and the modules that it adds to what works without them. */
export interface PageFacts {
  /** The screen's name; the shell adds the hospital (screens: "(n) Screen – Hospital"). */
  readonly title: string;
  /** Shown before the title in brackets when above zero. */
  readonly count?: number;
  /** Names of modules under `assets/`, without ending, beside those of every page. */
  readonly scripts?: readonly string[];
  readonly status?: 200 | 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 503;
  /** Without navigation: sign-in, first run, print. */
  readonly bare?: boolean;
  /** What the first link of the page leads to, where the page is mostly a list. */
  readonly skip?: { readonly id: string; readonly label: string };
  /** Loaded again after this many seconds where scripts are off. */
  readonly refreshSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Shows what is shown once: nobody comes back to the answer of its form (Node §13.3). */
  readonly secret?: boolean;
}

export interface PageAnswer {
  readonly kind: 'page';
  readonly facts: PageFacts;
  readonly body: Child;
}

/** A finished response, or a page that the shell wraps in its frame. */
export type Answer = Response | PageAnswer;

export function page(facts: PageFacts, body: Child): PageAnswer {
  return { kind: 'page', facts, body };
}

/** Post, redirect, get (RFC 9110 §15.4.4). The target comes from `url` or `parseOwnPath`. */
export function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}

export function json(value: unknown, status = 200): Response {
  return Response.json(value, { status });
}

export interface Download {
  /** Display text; cleaned for the header here. */
  readonly name: string;
  readonly type: string;
  readonly body: ByteStream | Uint8Array | string;
  readonly bytes?: number;
}

/** A file that is saved and never shown in the desk's origin (Node §13.2). */
export function download({ name, type, body, bytes }: Download): Response {
  const wellFormed = name.toWellFormed();
  const plain = wellFormed.replaceAll(/[^A-Za-z0-9._ -]/g, '_').slice(0, fileNameLettersMax) || 'file';
  const exact = encodeURIComponent(
    wellFormed.replaceAll(/[\p{Cc}\p{Cf}/\\]/gu, '_').slice(0, fileNameLettersMax),
  ).replaceAll(/['()*!]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  const content = typeof body === 'string' || body instanceof Uint8Array ? body : ReadableStream.from(body);
  return new Response(content as string | ReadableStream | Uint8Array<ArrayBuffer>, {
    headers: {
      'content-type': type,
      'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${exact}`,
      'content-security-policy': "default-src 'none'; sandbox",
      ...(bytes === undefined ? {} : { 'content-length': String(bytes) }),
    },
  });
}

const fileNameLettersMax = 150;

/** hono/jsx gives text, or a promise of it where a component waits. */
export async function htmlOf(given: Child | Promise<Child>): Promise<string> {
  const body = await given;
  if (body === null || body === undefined || typeof body === 'boolean') return '';
  const whole: { toString(): string | Promise<string> } = Array.isArray(body) ? Fragment({ children: body }) : body;
  return await whole.toString();
}
