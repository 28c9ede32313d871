import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Role } from '../../node/accounts/roles.ts';
import { handlers } from '../../node/web/handlers.ts';
import type { RouteRow } from '../../node/web/route.ts';
import { orderedRoutes, routeTable } from '../../node/web/route-table.ts';
import { parseOwnPath, url } from '../../node/web/urls.ts';

const rows = Object.entries(routeTable) as readonly (readonly [string, RouteRow])[];
const routes = join(import.meta.dirname, '..', '..', 'node', 'web', 'routes');

const mayEnter = ({ access }: RouteRow, role: Role): boolean => typeof access === 'string' || access.includes(role);

test('every row has a handler, and every handler a row', () => {
  expect(Object.keys(handlers).toSorted()).toEqual(Object.keys(routeTable).toSorted());
});

test('no two areas gave a route the same name, and no route answers for another', () => {
  const names = readdirSync(routes).flatMap((file) => {
    const text = readFileSync(join(routes, file), 'utf8');
    return [...text.matchAll(/^ {2}'?([a-z-]+)'?: \{/gm)].map(([, name]) => name);
  });
  expect(new Set(names)).toEqual(new Set(Object.keys(routeTable)));
  expect(names).toHaveLength(rows.length);
  const places = rows.map(([, { method, path }]) => `${method} ${path.replaceAll(/:[A-Za-z]+/g, ':')}`);
  expect(new Set(places).size).toBe(places.length);
});

test('a literal path is tried before one that a parameter would swallow', () => {
  const order = orderedRoutes().map(([, { method, path }]) => `${method} ${path}`);
  for (const [i, earlier] of order.entries())
    for (const later of order.slice(i + 1)) expect(swallows(earlier, later), `${earlier} hides ${later}`).toBe(false);
});

function swallows(pattern: string, other: string): boolean {
  const [left, right] = [pattern.split('/'), other.split('/')];
  return (
    left.length === right.length &&
    left.every((part, i) => part === right[i] || (part.startsWith(':') && i > 0)) &&
    pattern !== other
  );
}

/** Who may be anywhere near patients: told here once more, away from the table. */
const clinicalPaths = /^\/(?:patients|received|sent|referrals|lookup|outbox|inbox|alerts|attachments|uploads)(?:\/|$)/;

describe.each(['administrator', 'auditor'] as const)('%s', (role) => {
  test.each(rows.filter(([, { path }]) => clinicalPaths.test(path)))('never reaches %s', (_, row) => {
    expect(mayEnter(row, role)).toBe(false);
  });
});

describe.each(['doctor', 'nurse', 'coordinator'] as const)('%s', (role) => {
  test.each(rows.filter(([, { path }]) => /^\/(?:admin|peers|log)(?:\/|$)/.test(path)))(
    'never reaches %s',
    (_, row) => {
      expect(mayEnter(row, role)).toBe(false);
    },
  );
});

test.each([
  ['referral-send', ['doctor']],
  ['received-decide', ['doctor']],
  ['patient-restrict', ['doctor']],
  ['alert-send', ['doctor', 'coordinator']],
  ['user-add', ['administrator']],
  ['log', ['auditor']],
] as const)('%s belongs to %j alone', (name, roles) => {
  expect(routeTable[name].access).toEqual(roles);
});

test('what anyone may reach is the sign-in, the first run and the files of the pages, and nothing else', () => {
  const open = rows.filter(([, { access }]) => access === 'anyone').map(([name]) => name);
  expect(open.toSorted()).toEqual(['asset', 'favicon', 'setup', 'setup-post', 'sign-in', 'sign-in-post', 'sign-out']);
});

test('a link encodes what stands in it', () => {
  expect(url('patient', { patient: '../admin?x=1#y' })).toBe('/patients/..%2Fadmin%3Fx%3D1%23y');
  expect(url('patients', {}, { q: 'a&b=c', page: undefined })).toBe('/patients?q=a%26b%3Dc');
});

test.each([
  ['/patients?q=1', '/patients?q=1'],
  ['//evil.example', undefined],
  ['/\\evil.example', undefined],
  ['https://evil.example/', undefined],
  ['javascript:alert(1)', undefined],
  ['', undefined],
  ['/a\nb', undefined],
  ['/%0d%0aset-cookie:x', '/%0d%0aset-cookie:x'],
  [undefined, undefined],
])('%j leads to %j', (given, expected) => {
  expect(parseOwnPath(given)).toBe(expected);
});
