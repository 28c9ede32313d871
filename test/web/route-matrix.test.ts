import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { roles, type Role } from '../../node/accounts/roles.ts';
import type { RouteRow } from '../../node/web/route.ts';
import { routeTable } from '../../node/web/route-table.ts';
import type { DeskClient } from '../support/desk-client.ts';
import { openDesks, type TestDesk, type TestDesks } from '../support/desk.ts';

const rows = Object.entries(routeTable) as readonly (readonly [string, RouteRow])[];
const nobodyThere = '00000000-0000-4000-8000-000000000000';
/** These end the session that asks, or never end themselves. */
const apart = new Set(['sign-out', 'live']);

let desks: TestDesks;
let desk: TestDesk;
const clients = new Map<Role, DeskClient>();

beforeAll(async () => {
  desks = await openDesks();
  desk = desks.at('alder');
  for (const role of roles) clients.set(role, await desk.client(role));
});
afterAll(async () => await desks[Symbol.asyncDispose]());

const pathOf = ({ path }: RouteRow): string => path.replaceAll(/:[A-Za-z]+/g, nobodyThere);

/** Asks as a page of the desk would; a form that holds nothing changes nothing. */
async function ask(client: DeskClient, row: RouteRow): Promise<Response> {
  const { origin } = client;
  const own = { origin, 'sec-fetch-site': 'same-origin' };
  const body =
    row.method === 'POST' || row.method === 'PATCH'
      ? { body: '', headers: { ...own, 'content-type': 'application/x-www-form-urlencoded' } }
      : { headers: own };
  return await client.fetch(pathOf(row), { method: row.method, ...body });
}

const asked = rows.filter(([name]) => !apart.has(name));

describe.each(roles)('%s', (role) => {
  test.each(asked)('%s', async (_, row) => {
    const client = clients.get(role);
    if (client === undefined) throw new Error('nobody has signed in');
    const answer = await ask(client, row);
    const text = await answer.text();
    const allowed = typeof row.access === 'string' || row.access.includes(role);
    const isDenied = answer.status === 403 && /This page is for: /.test(text);
    expect(isDenied, `${row.method} ${row.path} answered ${answer.status}`).toBe(!allowed);
    expect(answer.status, text).not.toBe(500);
    if (row.access !== 'anyone') expect(answer.headers.get('location') ?? '').not.toMatch(/^\/sign-in/);
  });
});

describe('nobody', () => {
  test.each(asked.filter(([, { access }]) => access !== 'anyone'))('%s', async (_, row) => {
    const answer = await ask(await desk.client(), row);
    await answer.body?.cancel();
    if (answer.status === 303) expect(answer.headers.get('location')).toMatch(/^\/sign-in\?next=/);
    else expect(answer.status).toBe(401);
  });

  test('hears no live changes', async () => {
    const answer = await (await desk.client()).fetch('/live', { headers: { accept: 'text/event-stream' } });
    expect([303, 401]).toContain(answer.status);
    await answer.body?.cancel();
  });
});

test('a path of the table is asked for with its own methods alone', async () => {
  const client = clients.get('doctor'); // Signed in before: her wrong try at a new password makes the next sign-in wait.
  if (client === undefined) throw new Error('nobody has signed in');
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const answer = await client.fetch('/patients', { method, headers: { origin: client.origin } });
    expect([404, 405]).toContain(answer.status);
    await answer.body?.cancel();
  }
});

test('the node told its operator of no failure of its own', () => {
  expect(desk.told.filter((line) => line.startsWith('error'))).toEqual([]);
});
