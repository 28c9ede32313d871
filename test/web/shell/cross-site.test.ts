import { describe, expect, test } from 'vitest';
import { isByOwnName, isFromOwnPages } from '../../../node/web/http/cross-site.ts';

const host = 'desk.alder.example:8080';
const own = `https://${host}`;
const unsafe = ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'post'];

test.each(['GET', 'HEAD', 'OPTIONS'])('%s changes nothing and may come from anywhere', (method) => {
  expect(isFromOwnPages({ method, host, origin: 'https://evil.example', fetchSite: 'cross-site' })).toBe(true);
});

describe.each(unsafe)('%s', (method) => {
  test.each([
    ['the desk itself', own, 'same-origin', true],
    ['the desk, in a browser that sends no Sec-Fetch-Site', own, undefined, true],
    ['the desk behind a proxy that ends TLS', `http://${host}`, undefined, true],
    ['the desk, its name in capitals', own.toUpperCase().replace('HTTPS', 'https'), undefined, true],
    ['a page without Origin that the browser vouches for', undefined, 'same-origin', true],
    ['another site', 'https://evil.example', 'cross-site', false],
    ['another site, in a browser that sends no Sec-Fetch-Site', 'https://evil.example', undefined, false],
    ['another port of the same host', 'https://desk.alder.example:9090', 'same-site', false],
    ['another port, in a browser that sends no Sec-Fetch-Site', 'https://desk.alder.example:9090', undefined, false],
    ['a host that only begins alike', `https://${host}.evil.example`, undefined, false],
    ['a sandboxed frame', 'null', 'cross-site', false],
    ['a sandboxed frame, in a browser that sends no Sec-Fetch-Site', 'null', undefined, false],
    ['the address bar', undefined, 'none', false],
    ['a program that says nothing', undefined, undefined, false],
    ['our Origin with a browser that says otherwise', own, 'cross-site', false],
    ['a foreign Origin with a browser that says same-origin', 'https://evil.example', 'same-origin', false],
  ] as const)('from %s', (_, origin, fetchSite, allowed) => {
    expect(isFromOwnPages({ method, host, origin, fetchSite })).toBe(allowed);
  });

  test('without a Host nothing can be compared', () => {
    expect(isFromOwnPages({ method, host: undefined, origin: own, fetchSite: 'same-origin' })).toBe(false);
  });
});

test.each([
  ['the desk over https', 'https://desk.alder.example', undefined, true],
  ['the machine itself', 'http://localhost:8080', undefined, true],
  ['an address, which has no other owner', 'http://127.0.0.1:8080', undefined, true],
  ['an address of the sixth version', 'http://[::1]:8080', undefined, true],
  ['a browser that vouches for a secure context', 'http://localhost:8080', 'same-origin', true],
  ['a name that anybody may point at this machine', 'http://evil.example:8080', undefined, false],
  ['a name that only looks like this machine', 'http://localhost.evil.example', undefined, false],
  ['a page without origin', 'null', undefined, false],
  ['nothing', undefined, undefined, false],
] as const)('rebound name: the first administrator signs up from %s: %s', (_, origin, fetchSite, allowed) => {
  expect(isByOwnName({ origin, fetchSite })).toBe(allowed);
});
