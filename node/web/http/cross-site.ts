const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface RequestOrigin {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

/**
 * Whether a request may change something: it came from a page of this very desk. Every unsafe method is judged, whatever
 * its content type. `Sec-Fetch-Site` decides where the browser sends it, and `Origin` must name our host; a request with
 * neither is refused (Node §1, F9).
 */
export function isFromOwnPages({ method, host, origin, fetchSite }: RequestOrigin): boolean {
  if (safeMethods.has(method)) return true;
  if (fetchSite !== undefined && fetchSite !== 'same-origin') return false;
  if (origin === undefined) return fetchSite === 'same-origin';
  return host !== undefined && URL.parse(origin)?.host === host.toLowerCase();
}

/**
 * Whether the desk goes by a name that nobody else can have. Another site may let its own name point at this machine and
 * so be the same origin (DNS rebinding); then no certificate is shown, and browsers send no `Sec-Fetch-Site`. A session is
 * out of its reach, since cookies belong to names; what needs none asks this.
 */
export function isByOwnName({ origin, fetchSite }: Pick<RequestOrigin, 'origin' | 'fetchSite'>): boolean {
  if (fetchSite !== undefined) return true;
  const parsed = URL.parse(origin ?? '');
  if (parsed === null) return false;
  return parsed.protocol === 'https:' || /^(?:(?:.+\.)?localhost|[0-9.]+|\[.*\])$/.test(parsed.hostname);
}
